// Puts the theme's editor in the place of a box of HTML. The box stays what the form sends: it is
// written only when something was typed, and shown where the editor could not keep what it holds.
const KEPT = new Set("A B BLOCKQUOTE BR DEL DIV EM H1 H2 H3 H4 I LI OL P PRE STRONG U UL".split(" "));
const TOLD = { B: "STRONG", I: "EM" };
const SILENT = new Set(["BR", "DIV", "P"]);
const WITHIN_LINES = new Set(["A", "DEL", "EM", "STRONG", "U"]);

// Two paragraphs would become one.
Trix.config.blockAttributes.p.group = false;

// Text without a tag has lines and paragraphs, as the shop shows it.
const asHtml = (text) => {
  if (text.includes("<") || !text.trim()) return text;
  const parts = text.trim().split(/(?:\r?\n){2,}/);
  return parts.map((part) => `<div>${part.split(/\r?\n/).join("<br>")}</div>`).join("<div><br></div>");
};

// Without the white space that no browser shows: the editor would keep it as spaces and lines.
const squeeze = (html) => {
  const { body } = new DOMParser().parseFromString(html, "text/html");
  let last = null;
  const endLine = () => {
    if (last) last.data = last.data.replace(/ $/, "");
    last = null;
  };
  const read = (node) => {
    for (const each of node.childNodes) {
      if (each.nodeType === Node.TEXT_NODE) {
        each.data = each.data.replace(/[ \t\r\n\f]+/g, " ");
        if (!last || last.data.endsWith(" ")) each.data = each.data.replace(/^ /, "");
        if (each.data) last = each;
      } else if (each.nodeType === Node.ELEMENT_NODE) {
        const isWithin = WITHIN_LINES.has(TOLD[each.tagName] || each.tagName);
        if (!isWithin) endLine();
        if (each.tagName !== "PRE") read(each);
        if (!isWithin) endLine();
      }
    }
  };
  read(body);
  endLine();
  return body.innerHTML;
};

// Each run of words of a line with what it stands in: the same where nothing gets lost.
const runsOf = (html) => {
  const runs = [];
  let isNewLine = true;
  const read = (node, around) => {
    for (const each of node.childNodes) {
      const words = each.nodeType === Node.TEXT_NODE ? each.data.replace(/\s+/g, "") : "";
      if (words) {
        const place = [...around].sort().join(" ");
        if (!isNewLine && runs.at(-1)[0] === place) runs.at(-1)[1] += words;
        else runs.push([place, words]);
        isNewLine = false;
      } else if (each.nodeType === Node.ELEMENT_NODE) {
        const name = TOLD[each.tagName] || each.tagName;
        isNewLine ||= !WITHIN_LINES.has(name);
        read(each, SILENT.has(name) ? around : [...around, name + (each.getAttribute("href") || "")]);
        isNewLine ||= !WITHIN_LINES.has(name);
      }
    }
  };
  read(new DOMParser().parseFromString(html, "text/html").body, []);
  return JSON.stringify(runs);
};

const isKnown = (html) => {
  const { body } = new DOMParser().parseFromString(html, "text/html");
  return [...body.querySelectorAll("*")].every(
    (each) => KEPT.has(each.tagName)
      && [...each.attributes].every(({ name }) => each.tagName === "A" && /^(href|rel)$/.test(name)),
  );
};

// The editor's buttons by the keyboard: one stop, and arrows from one to the next.
const openToolbar = (toolbar, name) => {
  toolbar.setAttribute("role", "toolbar");
  toolbar.setAttribute("aria-label", name);
  const buttons = [...toolbar.querySelectorAll("[data-trix-button-group] button")];
  for (const [place, button] of buttons.entries()) {
    button.tabIndex = place ? -1 : 0;
    button.setAttribute("aria-label", button.title);
    button.querySelector("span")?.setAttribute("aria-hidden", "true");
  }
  toolbar.addEventListener("keydown", (event) => {
    const place = buttons.indexOf(event.target);
    const to = { ArrowRight: place + 1, ArrowLeft: place - 1, Home: 0, End: buttons.length - 1 }[event.key];
    if (place < 0 || to === undefined) return;
    event.preventDefault();
    const next = buttons[(to + buttons.length) % buttons.length];
    for (const button of buttons) button.tabIndex = button === next ? 0 : -1;
    next.focus();
  });
  // It listens to the mouse alone.
  toolbar.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button || event.detail) return;
    button.dispatchEvent(new MouseEvent("mousedown", { bubbles: true, cancelable: true }));
  });
  return () => {
    for (const button of buttons.filter((each) => each.dataset.trixAttribute)) {
      button.setAttribute("aria-pressed", String(button.classList.contains("trix-active")));
    }
  };
};

const enrich = (part) => {
  const box = part.querySelector("textarea");
  const place = part.querySelector("[data-editor-place]");
  const way = part.querySelector(".rich-text-way");
  const [status, button] = way.children;
  const label = box.labels?.[0];
  const name = label?.firstChild.textContent.trim() || box.name;
  const input = Object.assign(document.createElement("input"), { type: "hidden", id: `${box.id}-editor-input` });
  const editor = document.createElement("trix-editor");
  let loaded = null;

  const show = (isEditor) => {
    box.hidden = isEditor;
    place.hidden = !isEditor;
    if (label) label.htmlFor = isEditor ? editor.id : box.id;
    button.textContent = isEditor ? "Edit as HTML" : "Use the editor";
  };

  const open = () => {
    const html = asHtml(box.value);
    loaded = null;
    editor.editor.loadHTML(squeeze(html));
    const isWhole = isKnown(html) && runsOf(html) === runsOf(input.value);
    status.textContent = isWhole ? "" : "This is HTML that the editor cannot keep as it is. ";
    if (isWhole) loaded = input.value;
    show(isWhole);
    return isWhole;
  };

  editor.id = `${box.id}-editor`;
  editor.className = place.dataset.editorClass;
  editor.setAttribute("input", input.id);
  editor.setAttribute("aria-label", name);
  editor.addEventListener("trix-initialize", () => {
    const press = openToolbar(editor.toolbarElement, `${name}: formatting`);
    editor.addEventListener("trix-attributes-change", () => setTimeout(press));
    way.hidden = false;
    open();
  }, { once: true });
  editor.addEventListener("trix-change", () => {
    if (loaded === null || input.value === loaded) return;
    loaded = input.value;
    box.value = input.value;
    box.dispatchEvent(new Event("input", { bubbles: true }));
  });
  // Files are none of what a description keeps.
  editor.addEventListener("trix-file-accept", (event) => event.preventDefault());
  button.addEventListener("click", () => {
    if (place.hidden) {
      if (open()) editor.focus();
    } else {
      loaded = null;
      show(false);
      box.focus();
    }
  });
  place.hidden = false;
  place.append(input, editor);
};

for (const part of document.querySelectorAll("[data-rich-text]")) enrich(part);
