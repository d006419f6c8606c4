import type { Api } from "../access/api.ts";
import { Copyable } from "../ui/copy.tsx";
import { Icon } from "../ui/icon.tsx";
import { useWriteKey } from "./write-key.ts";

/** What a new shop sees: how to make something happen, and what will happen then. */
export function Empty({ api }: { readonly api: Api }) {
  const { origin } = location;
  const key = useWriteKey(api);
  return (
    <section class="empty" aria-labelledby="empty-title">
      <h2 id="empty-title">Everything is ready. Nothing has happened yet.</h2>
      <p class="soft lead">
        The connection is open. The first event shows here about a second after it was sent, without a reload.
      </p>
      <ol class="first-steps">
        <li>
          <h3>Send a first event</h3>
          <p class="soft">
            A shopper looks at a product. Any SDK for Segment can send this; here it is by hand.
            {key === null && (
              <>
                {" "}
                A write key is made with <code>POST /admin/v1/write-keys</code>.
              </>
            )}
          </p>
          <Copyable text={firstEvent(origin, key ?? "WRITE_KEY")} label="Command that sends a first event" />
        </li>
        <li>
          <h3>Make a first sale</h3>
          <p class="soft">
            Revenue comes from orders alone, never from what a browser says. The <a href="/docs">reference</a> has the
            requests; a shop started with <code>npm start</code> prints a whole purchase to paste, and has a{" "}
            <a href="/">demo shop</a> to buy in.
          </p>
        </li>
        <li>
          <h3>Watch it arrive</h3>
          <p class="soft waiting">
            <Icon name="calm" />
            <span>Listening. This page changes by itself.</span>
          </p>
        </li>
      </ol>
    </section>
  );
}

const firstEvent = (origin: string, key: string): string =>
  [
    `curl ${origin}/v1/track -u ${key}: -H 'content-type: application/json' \\`,
    `  -d '{"anonymousId":"first-visitor","event":"Product Viewed","properties":{"sku":"TIDE-SERUM-30"}}'`,
  ].join("\n");
