// Pictures of a product: sent one by one with progress, sorted by drag or button, saved at once.
// Without this the form does the same when it is sent.
const form = document.querySelector("[data-pictures]");
const gallery = form.querySelector("[data-gallery]");
const uploads = form.querySelector("[data-uploads]");
const said = form.querySelector("[data-said]");
const input = form.elements.files;
let waiting = 0;

const say = (words, isBad = false) => {
  said.textContent = words;
  said.classList.toggle("desk-problem", isBad);
};

// One request at a time: what was done first is saved first.
let last = Promise.resolve();
const inTurn = (work) => {
  last = last.then(work, work);
  return last;
};

const send = (data, onProgress = () => {}) =>
  new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", form.action);
    request.setRequestHeader("Accept", "application/json");
    request.responseType = "json";
    request.upload.addEventListener("progress", onProgress);
    request.addEventListener("load", () =>
      request.status === 200 && request.response?.problems ? resolve(request.response) : reject(),
    );
    request.addEventListener("error", () => reject());
    request.send(data);
  });

const NOT_SAVED = "This was not saved. Are you still signed in, and online?";

const save = (words, more = {}) =>
  inTurn(async () => {
    const data = new FormData(form);
    data.delete("files");
    for (const [name, value] of Object.entries(more)) data.append(name, value);
    try {
      const { problems } = await send(data);
      say(problems.length ? problems.join(" ") : words, problems.length > 0);
      return problems.length === 0;
    } catch {
      say(NOT_SAVED, true);
      return false;
    }
  });

const prepare = () => {
  for (const part of form.querySelectorAll("[data-scripted]")) part.hidden = false;
  [...gallery.children].forEach((item, place) => {
    for (const number of item.querySelectorAll("[data-number]")) number.textContent = place + 1;
  });
};

const placeOf = (item) => {
  const items = [...gallery.children];
  return `Picture is now ${items.indexOf(item) + 1} of ${items.length}.`;
};

const move = (item, button) => {
  const other = button.name === "up" ? item.previousElementSibling : item.nextElementSibling;
  if (!other) return say(button.name === "up" ? "It is the first." : "It is the last.");
  if (button.name === "up") other.before(item);
  else other.after(item);
  button.focus();
  prepare();
  save(placeOf(item));
};

const remove = async (item, button) => {
  if (!confirm("Remove this picture?")) return;
  if (!(await save("Picture removed.", { remove: button.value }))) return;
  const next = item.nextElementSibling ?? item.previousElementSibling;
  item.remove();
  prepare();
  (next?.querySelector("[name=remove]") ?? input).focus();
};

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const button = event.submitter;
  const item = button?.closest("li");
  if (!item) save("Saved.");
  else if (button.name === "remove") remove(item, button);
  else move(item, button);
});

gallery.addEventListener("change", () => save("Saved."));

// --- Files ---

const upload = async (file, row) => {
  const [bar, words] = row.children;
  const data = new FormData();
  data.append("csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value);
  data.append("files", file);
  try {
    const answer = await send(data, (event) => {
      bar.value = event.loaded / event.total;
      if (event.loaded === event.total) words.textContent = `${file.name}: being made ready`;
    });
    for (const item of answer.added) gallery.insertAdjacentHTML("beforeend", item);
    prepare();
    if (answer.problems.length) {
      bar.remove();
      words.textContent = answer.problems.join(" ");
      words.className = "desk-problem";
      words.setAttribute("role", "alert");
    } else {
      row.remove();
      say(`${file.name} was added.`);
    }
  } catch {
    words.textContent = `${file.name} was not sent.`;
    words.className = "desk-problem";
    const again = document.createElement("button");
    again.type = "button";
    again.className = "desk-button";
    again.textContent = `Send ${file.name} again`;
    again.addEventListener("click", () => {
      row.remove();
      add([file]);
    });
    bar.replaceWith(again);
    row.append(again);
    say(NOT_SAVED, true);
  } finally {
    waiting -= 1;
  }
};

const add = (files) => {
  for (const file of files) {
    const row = document.createElement("li");
    const bar = document.createElement("progress");
    const words = document.createElement("span");
    bar.className = "desk-progress";
    bar.max = 1;
    bar.value = 0;
    bar.setAttribute("aria-label", `Sending ${file.name}`);
    words.textContent = file.name;
    row.append(bar, words);
    uploads.append(row);
    waiting += 1;
    inTurn(() => upload(file, row));
  }
};

input.addEventListener("change", () => {
  add([...input.files]);
  input.value = "";
});

addEventListener("beforeunload", (event) => {
  if (waiting) event.preventDefault();
});

// --- Drag and drop: of files onto the form, of a picture by its handle ---

const hasFiles = (event) => event.dataTransfer.types.includes("Files");

form.addEventListener("dragover", (event) => {
  if (!hasFiles(event)) return;
  event.preventDefault();
  form.classList.add("is-over");
});
form.addEventListener("dragleave", (event) => {
  if (!form.contains(event.relatedTarget)) form.classList.remove("is-over");
});
form.addEventListener("drop", (event) => {
  form.classList.remove("is-over");
  if (!hasFiles(event)) return;
  event.preventDefault();
  add([...event.dataTransfer.files]);
});

let dragged = null;
let order = "";
const orderNow = () => [...gallery.querySelectorAll("[name=picture]")].map((id) => id.value).join();

gallery.addEventListener("dragstart", (event) => {
  if (!event.target.matches?.(".desk-handle")) return;
  dragged = event.target.closest("li");
  order = orderNow();
  event.dataTransfer.effectAllowed = "move";
  event.dataTransfer.setData("text/plain", "");
  event.dataTransfer.setDragImage(dragged, 16, 16);
});
gallery.addEventListener("dragover", (event) => {
  if (!dragged) return;
  event.preventDefault();
  const over = event.target.closest("li");
  if (!over || over === dragged) return;
  const isBehind = dragged.compareDocumentPosition(over) & Node.DOCUMENT_POSITION_FOLLOWING;
  if (isBehind) over.after(dragged);
  else over.before(dragged);
});
gallery.addEventListener("drop", (event) => {
  if (dragged) event.preventDefault();
});
gallery.addEventListener("dragend", () => {
  const item = dragged;
  dragged = null;
  if (!item || order === orderNow()) return;
  prepare();
  save(placeOf(item));
});

form.querySelector("[data-plain]").hidden = true;
prepare();
