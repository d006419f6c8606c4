import { render } from "preact";
import "@fontsource-variable/geist/wght.css";
import "./style/index.css";
import { App } from "./app.tsx";
import { routeStore } from "./shell/route.ts";
import { applyTheme, theme } from "./shell/theme.ts";

applyTheme(theme.value);
const root = document.getElementById("console");
if (root) render(<App route={routeStore()} />, root);
