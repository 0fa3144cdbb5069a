// Mends what the theme's own scripts leave open on pages with a choice.

// Its search field within a choice has no name: it gets the choice's. It makes them anew, too.
const nameFields = () => {
  for (const field of document.querySelectorAll(".select2-search__field:not([aria-label])")) {
    const choice = field.closest(".select2")?.previousElementSibling;
    const label = choice?.labels?.[0]?.textContent.trim();
    if (label) field.setAttribute("aria-label", label);
  }
  // A choice of one, with nothing chosen yet, is called after what is chosen.
  for (const box of document.querySelectorAll(".select2-selection--single:not([aria-label])")) {
    const label = box.closest(".select2")?.previousElementSibling?.labels?.[0]?.textContent.trim();
    if (!label) continue;
    box.setAttribute("aria-label", label);
    const shown = box.querySelector(".select2-selection__rendered");
    box.setAttribute("aria-describedby", box.getAttribute("aria-labelledby") ?? "");
    box.removeAttribute("aria-labelledby");
    shown?.setAttribute("aria-label", label);
  }
};
new MutationObserver(nameFields).observe(document.body, { childList: true, subtree: true });
nameFields();

// It writes the name of a chosen file into a text field near by, which a choice of many has not.
for (const input of document.querySelectorAll("input[type=file][multiple]")) {
  input.hasChangeListener = true;
}
