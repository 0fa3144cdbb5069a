// A list narrows itself as soon as a choice changes, and its address stays short.
const form = document.querySelector("form.listing");
const filters = form?.querySelector(".filters");

form?.addEventListener("submit", () => {
  for (const field of form.querySelectorAll("input, select")) {
    if (!field.value || (field.name === "sort" && field.selectedIndex === 0)) field.disabled = true;
  }
});

form?.addEventListener("change", (event) => {
  // On a phone the choices lie over the list: there the button at their end sends them.
  const isOver = filters?.matches(":popover-open");
  if (!isOver && event.target.matches("select, [type=checkbox]")) form.requestSubmit();
});

// What was switched off for the address is there again when the visitor comes back.
addEventListener("pageshow", () => {
  for (const field of form?.elements || []) field.disabled = false;
});
