// In place of the theme's: its library for charts, 200 KB on every page, draws nothing here. Ours
// are SVG that the server makes.
