// Shows a small picture in the large frame; without this script it opens as a file.
const main = document.getElementById("picture");
const links = [...document.querySelectorAll(".gallery-small a")];

for (const link of links) {
  link.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    main.src = link.href;
    main.alt = link.querySelector("img").alt;
    main.removeAttribute("width");
    main.removeAttribute("height");
    for (const other of links) other.removeAttribute("aria-current");
    link.setAttribute("aria-current", "true");
  });
}
