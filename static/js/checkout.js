// Pays by the documented call: the order is placed, then a session is asked for it.
// Without this script the same form posts, and the answer leads to the payment page.
const form = document.querySelector("form.checkout");
const said = document.querySelector(".checkout-said");
const PARTS = [".checkout-fields", ".side"];
let last = 0;
let updating = Promise.resolve();

// --- Showing what the shop answers, without losing what was typed meanwhile ---

function typed() {
  // The country of a billing address that is not asked for follows the one that is.
  const follows = (field) => field.name === "billing_country" && !form.elements.other_billing.checked;
  const fields = [...form.elements].filter((field) => field.id && field.type !== "hidden" && !follows(field));
  return fields.map((field) => [field.id, field.value, field.checked]);
}

function fillIn(values) {
  for (const [id, value, checked] of values) {
    const field = document.getElementById(id);
    if (!field || field.tagName === "BUTTON") continue;
    if (field.type === "radio" || field.type === "checkbox") field.checked = checked;
    else if (field.tagName !== "SELECT" || [...field.options].some((option) => option.value === value)) {
      field.value = value;
    }
  }
  const choices = [...form.querySelectorAll("[name=shipping_method]")];
  if (choices.length && !choices.some((choice) => choice.checked)) choices[0].checked = true;
}

function showPage(html, { keep = true } = {}) {
  const page = new DOMParser().parseFromString(html, "text/html");
  const fresh = page.querySelector("form.checkout");
  if (!fresh) {
    document.querySelector("main").replaceChildren(...page.querySelector("main").childNodes);
    return;
  }
  const focused = document.activeElement;
  const caret = focused?.selectionStart;
  const values = keep ? typed() : [];
  const unfolded = [...form.querySelectorAll("details[open]")].map((part) => part.id);
  for (const part of PARTS) form.querySelector(part).replaceWith(fresh.querySelector(part));
  fillIn(values);
  for (const id of unfolded) document.getElementById(id)?.setAttribute("open", "");
  const again = focused?.id ? document.getElementById(focused.id) : null;
  again?.focus();
  if (caret != null) again?.setSelectionRange?.(caret, caret);
}

function showProblem(error, order = null) {
  const problem = form.querySelector(".pay-problem");
  if (!problem) return;
  const [text, link] = problem.children;
  const words = [(!(error instanceof TypeError) && error.message) || form.dataset.failed];
  // Nobody could be asked, or nobody answered: what was ordered waits for the next try.
  if (order && (error instanceof TypeError || error.status >= 500)) words.push(order.kept);
  text.textContent = words.join(" ");
  link.hidden = !order;
  if (order) link.href = order.address;
  problem.hidden = false;
}

// --- Another country, shipping or code: what it comes to then ---

// A button that is replaced while it is pressed is never clicked: what comes meanwhile waits. Of a
// press on a list or a scroll bar the page need not hear the end: for these nothing waits.
let released = Promise.resolve();
form.addEventListener("pointerdown", ({ target }) => {
  if (!target.closest("button, label, summary")) return;
  released = new Promise((done) => {
    for (const end of ["pointerup", "pointercancel", "contextmenu"]) {
      addEventListener(end, () => setTimeout(done), { once: true });
    }
  });
});

async function update(submitter) {
  const turn = ++last;
  const body = new URLSearchParams(new FormData(form, submitter));
  if (!submitter) body.set("update", "1");
  const response = await fetch(form.action, { method: "POST", body });
  const html = await response.text();
  await released;
  if (turn !== last) return;
  showPage(html, { keep: submitter?.name !== "address" });
  const total = form.querySelector(".sums-total");
  said.textContent = total ? `${total.textContent.trim()}` : "";
}

function startUpdate(submitter) {
  const side = form.querySelector(".checkout-summary");
  side.setAttribute("aria-busy", "true");
  updating = update(submitter)
    .catch((error) => showProblem(error))
    .finally(() => form.querySelector(".checkout-summary").removeAttribute("aria-busy"));
}

// --- Paying ---

async function placeOrder(total) {
  const body = new URLSearchParams(new FormData(form));
  body.set("total", total);
  const headers = { Accept: "application/json" };
  const response = await fetch(form.action, { method: "POST", headers, body });
  if (!(response.headers.get("Content-Type") || "").startsWith("application/json")) {
    // The form again, with what is wrong beside its fields.
    showPage(await response.text());
    (form.querySelector("[aria-invalid=true]") || form.querySelector("[role=alert]:not([hidden])"))?.focus();
    return null;
  }
  const answer = await response.json();
  if (answer.go_to) {
    location.assign(answer.go_to);
    return null;
  }
  if (!response.ok) throw new Error(answer.error);
  return answer;
}

async function askForSession({ items, order_id }) {
  const response = await fetch(form.dataset.createSession, {
    method: "POST",
    headers: { "Content-Type": "application/json", Accept: "application/json" },
    body: JSON.stringify({ items, order_id }),
  });
  const data = await response.json().catch(() => ({}));
  if (!response.ok) throw Object.assign(new Error(data.error), { status: response.status });
  return data.checkout_url;
}

async function pay() {
  if (form.getAttribute("aria-busy")) return;
  form.setAttribute("aria-busy", "true");
  form.querySelector(".pay-problem")?.setAttribute("hidden", "");
  // What the button says now is what is agreed to, whatever comes meanwhile.
  const total = form.elements.total?.value ?? "";
  let order = null;
  try {
    await updating;
    order = await placeOrder(total);
    if (order) location.assign(await askForSession(order));
  } catch (error) {
    showProblem(error, order);
  } finally {
    form.removeAttribute("aria-busy");
  }
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const by = event.submitter;
  if (by && by.name !== "pay") startUpdate(by);
  else pay();
});

const PRICED = ["country", "billing_country", "state", "shipping_method"];

form.addEventListener("change", (event) => {
  if (PRICED.includes(event.target.name)) startUpdate();
});

function differsFromPage(field) {
  if (field.tagName === "SELECT") {
    const given = [...field.options].findIndex((option) => option.defaultSelected);
    return field.selectedIndex !== Math.max(given, 0);
  }
  return field.type === "radio" ? field.checked !== field.defaultChecked : field.value !== field.defaultValue;
}

// Chosen before this script was there, or put back by the browser: the total does not know of it yet.
if ([...form.elements].some((field) => PRICED.includes(field.name) && differsFromPage(field))) startUpdate();

form.addEventListener("input", ({ target }) => {
  // What was wrong is being put right: it is looked at again when it is sent.
  target.closest(".field-wrong")?.classList.remove("field-wrong");
  target.removeAttribute("aria-invalid");
  document.getElementById(`${target.id}_error`)?.remove();
});

form.addEventListener("keydown", (event) => {
  // Enter in the code's field means the button beside it, not the payment.
  if (event.key === "Enter" && event.target.name === "discount_code") {
    event.preventDefault();
    startUpdate();
  }
});
