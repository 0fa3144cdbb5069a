// The preview follows the form; without this it follows its button.
const form = document.querySelector("#shoplook_form");
const frame = form.querySelector(".look-frame");
const notes = form.querySelector("#look-colors");
const logo = form.elements.logo;
const page = form.querySelector("#look-page");
page.parentElement.hidden = false;
form.querySelector(".look-head .desk-button").hidden = true;
let waiting, latest, picture = "";

const typed = () => {
  const fields = [...new FormData(form)].filter(
    ([name, value]) => typeof value === "string" && !/^(csrfmiddlewaretoken$|initial-)/.test(name),
  );
  return new URLSearchParams(fields);
};

const show = async () => {
  const query = typed();
  frame.contentWindow.location.replace(`${page.value}?${query}`);
  latest = query;
  const response = await fetch(`${notes.dataset.address}?${query}`);
  if (response.ok && latest === query) {
    const words = await response.text();
    if (words !== notes.innerHTML) notes.innerHTML = words;
  }
};

form.addEventListener("input", () => {
  clearTimeout(waiting);
  waiting = setTimeout(show, 250);
});

logo.addEventListener("change", () => {
  picture = "";
  const [file] = logo.files;
  if (!file) return show();
  const reader = new FileReader();
  reader.addEventListener("load", () => {
    picture = reader.result;
    show();
  });
  reader.readAsDataURL(file);
});

// A logo that was chosen and not sent yet is put in its place here.
frame.addEventListener("load", () => {
  const place = frame.contentDocument?.querySelector(".shop-name");
  if (!picture || !place) return;
  const image = new Image();
  image.src = picture;
  image.alt = "";
  place.replaceChildren(image);
});
