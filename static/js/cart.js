// The badge of the cart, and putting things into it without leaving the page.
const link = document.querySelector(".cart-link");

function readCount() {
  const name = link.dataset.countCookie + "=";
  const found = document.cookie.split("; ").find((each) => each.startsWith(name));
  return found ? Number(found.slice(name.length)) || 0 : 0;
}

function showCount(count) {
  let badge = link.querySelector(".cart-count");
  if (!count) return badge?.remove();
  if (!badge) {
    badge = document.createElement("span");
    badge.className = "cart-count";
    link.append(" ", badge);
  }
  badge.textContent = count;
}

if (link) {
  showCount(readCount());
  document.addEventListener("cartchange", () => showCount(readCount()));
  // A page that comes back from the browser's memory may be older than the cart.
  addEventListener("pageshow", () => showCount(readCount()));
}

const form = document.querySelector("form.buy");
const dialog = document.querySelector("dialog.added");
const problem = document.querySelector(".buy-problem");

form?.addEventListener("submit", async (event) => {
  if (!dialog?.showModal) return;
  event.preventDefault();
  const button = form.querySelector("button[type=submit]");
  button.setAttribute("aria-busy", "true");
  problem.hidden = true;
  try {
    const response = await fetch(form.action, {
      method: "POST",
      headers: { Accept: "application/json" },
      body: new URLSearchParams(new FormData(form)),
    });
    const answer = await response.json();
    if (!response.ok) throw new Error(answer.error);
    showCount(answer.count);
    dialog.showModal();
  } catch (error) {
    problem.textContent = error instanceof TypeError ? dialog.dataset.failed : error.message || dialog.dataset.failed;
    problem.hidden = false;
  } finally {
    button.removeAttribute("aria-busy");
  }
});

dialog?.querySelector("button").addEventListener("click", () => dialog.close());
