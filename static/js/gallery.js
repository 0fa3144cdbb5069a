// Shows a small picture in the large frame; without this script it opens as a file.
const main = document.getElementById("picture");
const links = [...document.querySelectorAll(".gallery-small a")];

for (const link of links) {
  link.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    // Before `src`: else the picture would be fetched twice, once as wide as it is.
    main.srcset = link.dataset.srcset;
    main.src = link.href;
    main.alt = link.querySelector("img").alt;
    for (const other of links) other.removeAttribute("aria-current");
    link.setAttribute("aria-current", "true");
  });
}
