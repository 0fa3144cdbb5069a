// A product's page: what a choice comes to, the pictures, and what was looked at before.
const form = document.querySelector("form.buy");
const views = document.querySelector(".views");
const thumbs = [...document.querySelectorAll(".thumbs a")];
const zoom = document.querySelector(".zoom");

// --- Pictures ---

function showView(index) {
  const view = views?.children[index];
  if (view) views.scrollTo({ left: view.offsetLeft - views.children[0].offsetLeft });
}

views?.addEventListener("keydown", (event) => {
  const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  if (!step || event.target !== views) return;
  event.preventDefault();
  showView(Math.round(views.scrollLeft / views.clientWidth) + step);
});

thumbs.forEach((thumb, index) =>
  thumb.addEventListener("click", (event) => {
    event.preventDefault();
    showView(index);
  }),
);

if (thumbs.length) {
  const watch = new IntersectionObserver(
    (entries) => {
      for (const { isIntersecting, target } of entries) {
        if (!isIntersecting) continue;
        for (const thumb of thumbs) {
          if (thumb.hash === `#${target.id}`) thumb.setAttribute("aria-current", "true");
          else thumb.removeAttribute("aria-current");
        }
      }
    },
    { root: views, threshold: 0.6 },
  );
  for (const view of views.children) watch.observe(view);
}

if (zoom?.showModal) {
  const links = [...views.querySelectorAll("a")];
  const frame = zoom.querySelector(".zoom-picture");
  let at = 0;

  const magnify = (on) => frame.setAttribute("aria-pressed", on);
  const open = (index) => {
    at = (index + links.length) % links.length;
    const picture = frame.querySelector("img");
    picture.src = links[at].href;
    picture.alt = links[at].querySelector("img").alt;
    magnify(false);
  };

  links.forEach((link, index) =>
    link.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      open(index);
      zoom.showModal();
    }),
  );
  frame.addEventListener("click", () => magnify(frame.ariaPressed !== "true"));
  zoom.addEventListener("click", ({ target }) => {
    if (target.dataset.step) open(at + Number(target.dataset.step));
    else if ("close" in target.dataset) zoom.close();
  });
  zoom.addEventListener("keydown", ({ key }) => {
    const isWhole = frame.ariaPressed !== "true";
    if (isWhole && key === "ArrowLeft") open(at - 1);
    if (isWhole && key === "ArrowRight") open(at + 1);
  });
  zoom.addEventListener("close", () => showView(at));
}

// --- Options ---

const offers = JSON.parse(document.getElementById("offers")?.textContent || "[]");
const groups = [...document.querySelectorAll(".options")];

function find(choice) {
  return offers.find(({ options }) => options.length && options.every((value, i) => value === choice[i]));
}

function showOffer() {
  const choice = groups.map((group) => group.querySelector(":checked")?.value);
  const offer = find(choice);
  groups.forEach((group, i) => {
    for (const input of group.querySelectorAll("input")) {
      const isOut = !find(choice.with(i, input.value))?.units;
      input.parentNode.classList.toggle("option-out", isOut);
      input.parentNode.querySelector(".visually-hidden").hidden = !isOut;
    }
  });
  const [price, stock, sku] = document.querySelectorAll(".offer > p");
  if (offer && price.innerHTML !== offer.price) price.innerHTML = offer.price;
  stock.textContent = offer ? offer.stock : form.dataset.none;
  stock.className = `stock stock-${offer ? offer.state : "out"}`;
  sku.hidden = !offer;
  sku.querySelector("span").textContent = offer?.sku;
  const button = form.querySelector("[type=submit]");
  button.disabled = !offer?.units;
  button.textContent = offer?.units ? form.dataset.add : offer ? form.dataset.out : form.dataset.none;
  const units = form.querySelector("[name=quantity]");
  if (units && offer?.units) units.max = offer.units;
  return offer;
}

if (groups.length) {
  form.addEventListener("change", ({ target }) => {
    if (target.type !== "radio") return;
    const offer = showOffer();
    if (offer && offer.picture !== null) showView(offer.picture);
  });
  // A browser that comes back has kept the choice that was made.
  addEventListener("pageshow", showOffer);
}

// --- Looked at before: kept in this browser and told to nobody ---

const seen = document.querySelector(".seen");
const { shop, name, picture, none } = seen.dataset;
const key = `seen:${shop}`;

function isOurs({ href, picture }) {
  return href?.startsWith(`${shop}products/`) && (!picture || /^\/[^/]/.test(picture));
}

function card({ href, name, picture }) {
  const item = document.createElement("li");
  item.className = "card";
  const frame = item.appendChild(document.createElement("div"));
  frame.className = "card-picture";
  const image = frame.appendChild(new Image(96, 96));
  const showNone = () => {
    image.onerror = null;
    image.className = "no-picture";
    image.src = none;
  };
  image.loading = "lazy";
  image.alt = "";
  image.onerror = showNone;
  if (picture) image.src = picture;
  else showNone();
  const heading = item.appendChild(document.createElement("h3"));
  heading.className = "card-name";
  const link = heading.appendChild(document.createElement("a"));
  link.href = href;
  link.textContent = name;
  return item;
}

try {
  const href = location.pathname;
  const others = JSON.parse(localStorage.getItem(key) || "[]").filter(
    (each) => each.href !== href && isOurs(each),
  );
  localStorage.setItem(key, JSON.stringify([{ href, name, picture }, ...others].slice(0, 9)));
  seen.querySelector("ul").append(...others.slice(0, 4).map(card));
  seen.hidden = !others.length;
} catch {
  // A browser that keeps nothing, or kept something else.
}
