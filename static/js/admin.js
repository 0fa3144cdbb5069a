// Improves lists and papers of the back office; everything works without it.
for (const form of document.querySelectorAll("[data-choose]")) {
  const boxes = [...form.querySelectorAll("input[name=chosen]")];
  const all = form.querySelector("[data-choose-all]");
  const count = form.querySelector("[data-chosen-count]");
  const show = () => {
    const chosen = boxes.filter((box) => box.checked).length;
    all.checked = chosen === boxes.length;
    all.indeterminate = chosen > 0 && chosen < boxes.length;
    count.textContent = chosen ? `${chosen} chosen` : "";
  };
  all.addEventListener("change", () => {
    for (const box of boxes) box.checked = all.checked;
    show();
  });
  form.addEventListener("change", show);
  all.closest("label").hidden = false;
  show();
}

// Of several ways, what is typed chooses its own; to choose another takes back what was typed.
for (const ways of document.querySelectorAll("[data-ways]")) {
  ways.addEventListener("input", (event) => {
    const typed = event.target.closest("[data-way]")?.dataset.way;
    if (typed) ways.querySelector(`input[value=${typed}]`).checked = true;
    const chosen = ways.querySelector("input:checked").value;
    for (const field of ways.querySelectorAll(`[data-way]:not([data-way=${chosen}]) input`)) {
      field.value = field.defaultValue;
    }
  });
}

for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}

// Where the browser does not let the page copy, the text is chosen and the keyboard copies it.
for (const button of document.querySelectorAll("[data-copy]")) {
  const field = document.getElementById(button.dataset.copy);
  button.hidden = false;
  button.addEventListener("click", async () => {
    field.select();
    try {
      await navigator.clipboard.writeText(field.value);
      button.textContent = "Copied";
    } catch {
      button.textContent = "Now copy it with the keyboard";
    }
  });
}

// The theme's own listener fails where a file's field is not the theme's.
const keepFromTheme = (event) => {
  if (event.target.matches(".desk input[type=file]")) event.stopPropagation();
};
document.addEventListener("change", keepFromTheme, true);
