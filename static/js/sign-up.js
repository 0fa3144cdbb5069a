// Opening a shop: an address is proposed and looked at while somebody types, and the browser's time
// zone is set. Without this script the form says the same once it is sent.
const form = document.querySelector(".sign-up");
const { name, slug, country, currency, time_zone: zone } = form.elements;
const said = document.getElementById("slug-said");
const host = document.getElementById("slug-host").textContent;
const currencies = JSON.parse(form.dataset.currencies);
const isFresh = "fresh" in form.dataset;
const isAsGiven = (field) => field.selectedOptions[0].defaultSelected;

// In another language it is another page: what was typed goes along, but for the password.
const KEPT = "sign-up";
try {
  const kept = JSON.parse(sessionStorage.getItem(KEPT) ?? "{}");
  for (const [key, value] of Object.entries(kept)) form.elements[key].value = value;
  sessionStorage.removeItem(KEPT);
} catch {
  // Nothing can be kept in this browser.
}
let isOwn = slug.value !== "";
let timer, asking;

function say(text, kind = "") {
  said.textContent = text;
  said.dataset.kind = kind;
}

async function look(query) {
  asking?.abort();
  asking = new AbortController();
  try {
    const address = `${form.dataset.look}?${new URLSearchParams(query)}`;
    const answer = await fetch(address, { signal: asking.signal });
    if (!answer.ok) return say("");
    const found = await answer.json();
    if (query.name !== undefined && !isOwn) slug.value = found.slug;
    if (!found.slug) return say("");
    if (found.problem) return say(found.problem, "bad");
    say(form.dataset.free.replace("{address}", found.slug + host), "good");
  } catch (error) {
    if (error.name !== "AbortError") say("");
  }
}

function later(query) {
  clearTimeout(timer);
  timer = setTimeout(look, 250, query);
}

name.addEventListener("input", () => {
  if (!isOwn) later({ name: name.value });
});

slug.addEventListener("input", () => {
  isOwn = slug.value !== "";
  slug.removeAttribute("aria-invalid");
  document.getElementById("id_slug_error")?.remove();
  later(isOwn ? { slug: slug.value } : { name: name.value });
});

// What was typed or chosen before this script was there counts as well.
let isCurrencyChosen = !isFresh || !isAsGiven(currency);
currency.addEventListener("change", () => (isCurrencyChosen = true));

function takeUsualCurrency() {
  const usual = currencies[country.value];
  if (!isCurrencyChosen && currency.querySelector(`[value="${usual}"]`)) currency.value = usual;
}

country.addEventListener("change", takeUsualCurrency);
if (name.value && !isOwn) later({ name: name.value });
if (!isAsGiven(country)) takeUsualCurrency();

const ownZone = Intl.DateTimeFormat().resolvedOptions().timeZone;
if (isFresh && isAsGiven(zone)) {
  if ([...zone.options].some((option) => option.value === ownZone)) zone.value = ownZone;
}

function isTyped(field) {
  if (field.type === "password" || !field.name) return false;
  if (field === slug) return isOwn;
  if (field === currency) return isCurrencyChosen;
  if (!isFresh) return true;
  if (field === zone && zone.value === ownZone) return false;
  return field.options ? !isAsGiven(field) : field.value !== field.defaultValue;
}

for (const link of document.querySelectorAll(".platform-language")) {
  link.addEventListener("click", () => {
    const typed = [...form.elements].filter(isTyped).map((field) => [field.name, field.value]);
    try {
      sessionStorage.setItem(KEPT, JSON.stringify(Object.fromEntries(typed)));
    } catch {
      // As it is without a script: the form begins anew.
    }
  });
}

// Pressed twice, it is sent once.
form.addEventListener("submit", () => {
  const button = form.querySelector("[type=submit]");
  button.setAttribute("aria-busy", "true");
  setTimeout(() => (button.disabled = true));
});
addEventListener("pageshow", () => {
  const button = form.querySelector("[type=submit]");
  button.disabled = false;
  button.removeAttribute("aria-busy");
});
