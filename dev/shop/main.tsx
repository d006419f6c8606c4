import { render } from "preact";
import { App } from "./app.tsx";
import { CartSession } from "./basket/basket.ts";
import { onKeptElsewhere, STORED } from "./storage.ts";
import "./styles/base.css";
import "./styles/layout.css";
import "./styles/controls.css";
import "./styles/catalog.css";
import "./styles/purchase.css";
import { browserTracker, visitorId } from "./tracking/browser.ts";

const visitor = visitorId();
const session = new CartSession(visitor);
const tracker = browserTracker(visitor);

// Another tab may have put something in.
onKeptElsewhere(STORED.cart, () => void session.refresh());
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "visible") void session.refresh();
});
void session.refresh();

const root = document.getElementById("shop");
if (root) render(<App session={session} tracker={tracker} />, root);
