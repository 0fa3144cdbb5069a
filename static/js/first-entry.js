// The way into a shop that was just opened: with a script nobody presses its button.
document.querySelector(".first-entry").submit();
