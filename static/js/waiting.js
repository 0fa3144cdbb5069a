// Looks again, more and more rarely, until the payment is settled, and then shows and says so.
// Without this script the page reloads itself.
const DELAYS = [3, 3, 5, 5, 10, 10, 20, 30];
const LAST_DELAY = 60;
const MOST = 40;
const main = document.getElementById("main");
const looking = main.querySelector(".looking");
const said = document.createElement("p");
let count = 0;
let timer;

said.className = "visually-hidden";
said.setAttribute("role", "status");
document.body.append(said);

function later() {
  if (count >= MOST) {
    const words = looking.querySelector("p");
    said.textContent = words.textContent = looking.dataset.over;
    return;
  }
  timer = setTimeout(look, 1000 * (DELAYS[count] ?? LAST_DELAY));
}

function show(fresh) {
  const had = main.contains(document.activeElement);
  main.replaceChildren(...fresh.querySelector("main").childNodes);
  document.title = fresh.title;
  if (had) main.focus();
  said.textContent = main.querySelector("h1").textContent;
}

async function look() {
  timer = null;
  count += 1;
  try {
    const response = await fetch(location.href, { cache: "no-store" });
    const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
    if (response.redirected) return location.replace(response.url);
    if (response.ok && !fresh.querySelector(".looking")) return show(fresh);
  } catch {
    // No connection now: the next look may have one.
  }
  later();
}

// Whoever comes back to this tab need not wait for the next look.
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState !== "visible" || !timer) return;
  clearTimeout(timer);
  look();
});

later();
