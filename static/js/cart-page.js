// Changes the cart at once, and shows it as the shop has it then.
// Without this script the same form posts and a button updates the cart.
const page = document.querySelector(".cart-page");
let last = 0;

function prepare() {
  const form = page.querySelector("form.cart");
  form?.classList.add("is-live");
  for (const step of page.querySelectorAll(".step")) step.hidden = false;
}

async function send(form, submitter) {
  const turn = ++last;
  const problem = form.querySelector(".cart-problem");
  form.setAttribute("aria-busy", "true");
  try {
    const body = new URLSearchParams(new FormData(form, submitter));
    const response = await fetch(form.action, { method: "POST", body });
    const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
    // Another change is on its way: its answer is the newer one.
    if (turn === last) show(fresh);
  } catch {
    problem.textContent = form.dataset.failed;
    problem.hidden = false;
  } finally {
    form.removeAttribute("aria-busy");
  }
}

function show(fresh) {
  const answer = fresh.querySelector(".cart-page");
  if (!answer) return location.reload();
  const focused = document.activeElement;
  const [id, step] = [focused?.id || focused?.parentElement?.querySelector("input")?.id, focused?.dataset.step];
  page.replaceChildren(...answer.childNodes);
  prepare();
  const input = id && document.getElementById(id);
  const target = input && step ? input.closest(".line-units").querySelector(`[data-step="${step}"]`) : input;
  (target || document.getElementById("main")).focus();
  document.dispatchEvent(new Event("cartchange"));
}

page.addEventListener("submit", (event) => {
  if (!event.target.matches("form.cart")) return;
  event.preventDefault();
  send(event.target, event.submitter);
});

page.addEventListener("change", (event) => {
  if (event.target.type === "number") send(event.target.form);
});

page.addEventListener("click", (event) => {
  const step = event.target.closest(".step");
  if (!step) return;
  const input = step.parentElement.querySelector("input");
  input.value = Math.max(0, (Number(input.value) || 0) + Number(step.dataset.step));
  send(input.form);
});

prepare();
