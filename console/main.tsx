import { render } from "preact";

const root = document.getElementById("console");
if (root) render(<h1>Breakwater</h1>, root);
