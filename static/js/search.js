// Suggestions below the search field, as a combobox. Without this script the form just searches.
const field = document.getElementById("search-words");
const form = field?.form;
const { saveData, effectiveType } = navigator.connection || {};
const known = new Map();
let options = [];
let active = -1;
let timer, asking, list, said;

function set(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}

function prepare() {
  list = set(document.createElement("div"), {
    id: "suggestions",
    class: "suggestions",
    role: "listbox",
    "aria-label": form.dataset.label,
    hidden: "",
  });
  said = set(document.createElement("p"), { class: "visually-hidden", role: "status" });
  form.append(list, said);
  set(field, {
    role: "combobox",
    autocomplete: "off",
    "aria-autocomplete": "list",
    "aria-controls": list.id,
    "aria-expanded": false,
  });
}

function toggle(isOpen) {
  list.hidden = !isOpen;
  field.setAttribute("aria-expanded", isOpen);
  mark(-1);
}

function mark(index) {
  options[active]?.removeAttribute("aria-selected");
  active = index;
  const option = options[active];
  if (!option) return field.removeAttribute("aria-activedescendant");
  option.setAttribute("aria-selected", true);
  field.setAttribute("aria-activedescendant", option.id);
  option.scrollIntoView({ block: "nearest" });
}

function close() {
  clearTimeout(timer);
  asking?.abort();
  toggle(false);
  said.textContent = "";
}

async function suggest(q) {
  let answer = known.get(q);
  if (!answer) {
    asking = new AbortController();
    try {
      const response = await fetch(`${form.dataset.suggestions}?${new URLSearchParams({ q })}`, asking);
      if (!response.ok) return close();
      answer = await response.json();
    } catch {
      // Something newer was typed, or the shop cannot be reached.
      return;
    }
    known.set(q, answer);
  }
  if (document.activeElement !== field) return;
  mark(-1);
  list.innerHTML = answer.html;
  options = [...list.querySelectorAll("[role=option]")];
  options.forEach((option, index) => (option.id = `suggestion-${index}`));
  said.textContent = answer.said;
  toggle(options.length > 0);
}

function read() {
  clearTimeout(timer);
  asking?.abort();
  const q = field.value.trim().replace(/\s+/g, " ").toLowerCase();
  // Two letters begin too much; two signs may be a word.
  if (q.length < 2 || /^[ -~]{2}$/.test(q)) return close();
  timer = setTimeout(suggest, known.has(q) ? 0 : 150, q);
}

function onKey(event) {
  const { key, isComposing } = event;
  if (isComposing) return;
  if (key === "ArrowDown" || key === "ArrowUp") {
    event.preventDefault();
    if (list.hidden) return read();
    // Beyond the last and the first is the field itself.
    const places = options.length + 1;
    mark(((active + 1 + (key === "ArrowDown" ? 1 : places - 1)) % places) - 1);
  } else if (key === "Escape" && !list.hidden) {
    event.preventDefault();
    close();
  } else if (key === "Enter" && options[active] && !list.hidden) {
    event.preventDefault();
    options[active].click();
  }
}

if (form && !saveData && !/2g/.test(effectiveType)) {
  prepare();
  field.addEventListener("input", read);
  field.addEventListener("keydown", onKey);
  field.addEventListener("blur", close);
  form.addEventListener("submit", close);
  // A press on a suggestion keeps the field focused, and so the list open until it is let go.
  list.addEventListener("mousedown", (event) => event.preventDefault());
  // A page that comes back from the browser's memory comes back closed.
  addEventListener("pageshow", close);
}
