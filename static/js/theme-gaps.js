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

// What its lists scroll in is named alike all over a page. It makes them after this script.
for (const list of document.querySelectorAll("[data-simplebar]:not([data-simplebar-aria-label])")) {
  const group = list.closest("fieldset[aria-labelledby]")?.getAttribute("aria-labelledby");
  const heading = group && document.getElementById(group)?.textContent.trim();
  const name = list.closest("#changelist-filter") ? "Filters" : heading;
  list.dataset.simplebarAriaLabel = name || "List";
}

// On a phone each value of a list stands beside its column's name, which the theme writes in
// capitals: every word of it. The box to tick is called as the one above the list.
for (const cell of document.querySelectorAll("[data-label]")) {
  const name = cell.matches(".action-checkbox") ? "Choose" : cell.dataset.label.trim();
  cell.dataset.label = name.charAt(0).toUpperCase() + name.slice(1);
}

// The last column of a form's table, with its buttons, has no heading.
for (const head of document.querySelectorAll(".tabular thead th")) {
  if (!head.textContent.trim()) head.innerHTML = '<span class="desk-hidden">Remove</span>';
}

// What opens at a click, as the theme writes it, opens by the keyboard as well.
for (const way of document.querySelectorAll("a[x-on\\:click]:not([href]), [x-on\\:click][class*=cursor-pointer]:not(a, button, input)")) {
  way.tabIndex = 0;
  way.setAttribute("role", "button");
  way.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    way.click();
  });
}
