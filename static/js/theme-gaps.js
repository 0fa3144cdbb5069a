// Mends what the theme's own scripts leave open on the page of a product.

// Its search field within a choice has no name: it gets the choice's. It makes them anew, too.
const nameFields = () => {
  for (const field of document.querySelectorAll(".select2-search__field:not([aria-label])")) {
    const choice = field.closest(".select2")?.previousElementSibling;
    const label = choice?.labels?.[0]?.textContent.trim();
    if (label) field.setAttribute("aria-label", label);
  }
};
new MutationObserver(nameFields).observe(document.body, { childList: true, subtree: true });
nameFields();

// It writes the name of a chosen file into a text field near by, which a choice of many has not.
for (const input of document.querySelectorAll("input[type=file][multiple]")) {
  input.hasChangeListener = true;
}
