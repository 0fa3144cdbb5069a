// Pays by the documented call: the order is placed, then a session is asked for it.
// Without this script the same form posts, and the answer leads to the payment page.
const form = document.querySelector("form.checkout");
const problem = form.querySelector(".pay-problem");
const payButton = form.querySelector("button[name=pay]");

async function placeOrder() {
  const response = await fetch(form.action, {
    method: "POST",
    headers: { Accept: "application/json" },
    body: new URLSearchParams(new FormData(form)),
  });
  if (!(response.headers.get("Content-Type") || "").startsWith("application/json")) {
    // The form again, with what is wrong beside its fields.
    showPage(await response.text());
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

function showPage(html) {
  const page = new DOMParser().parseFromString(html, "text/html");
  const fresh = page.querySelector("form.checkout");
  if (!fresh) {
    document.querySelector("main").replaceChildren(...page.querySelector("main").childNodes);
    return;
  }
  for (const part of ["fields", "summary"]) {
    form.querySelector(`.checkout-${part}`).replaceWith(fresh.querySelector(`.checkout-${part}`));
  }
  (form.querySelector("[aria-invalid=true]") || form.querySelector("[role=alert]"))?.focus();
}

async function askForSession({ items, order_id }) {
  const response = await fetch(form.dataset.createSession, {
    method: "POST",
    headers: { "Content-Type": "application/json", Accept: "application/json" },
    body: JSON.stringify({ items, order_id }),
  });
  const data = await response.json();
  if (!response.ok) throw new Error(data.error || form.dataset.failed);
  return data.checkout_url;
}

form.addEventListener("submit", async (event) => {
  const by = event.submitter;
  event.preventDefault();
  if (by && by.name === "update") return update();
  if (payButton.getAttribute("aria-busy")) return;
  payButton.setAttribute("aria-busy", "true");
  problem.hidden = true;
  try {
    const order = await placeOrder();
    if (order) location.assign(await askForSession(order));
  } catch (error) {
    problem.textContent = error instanceof TypeError ? form.dataset.failed : error.message;
    problem.hidden = false;
  } finally {
    payButton.removeAttribute("aria-busy");
  }
});

async function update() {
  const body = new URLSearchParams(new FormData(form));
  body.set("update", "1");
  const focused = document.activeElement?.id;
  const response = await fetch(form.action, { method: "POST", body });
  showPage(await response.text());
  if (focused) document.getElementById(focused)?.focus();
}

form.addEventListener("change", (event) => {
  if (["country", "billing_country", "state", "shipping_method"].includes(event.target.name)) update();
});
