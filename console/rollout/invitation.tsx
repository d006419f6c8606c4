import type { UnguardedFlagBody } from "../../src/domain/guard/view.ts";
import { Copyable } from "../ui/copy.tsx";

const OWN_FLAG = `FEATURE_FLAGS = '[{"key":"search.ranking","fresh":"neural","safe":"classic"}]'`;

/** A path without anything to go back to: what could be had here, and how. */
export function Invitation({ flag }: { readonly flag: Pick<UnguardedFlagBody, "title" | "key"> }) {
  return (
    <article class="flag invitation" aria-labelledby="flag-title">
      <header class="flag-head">
        <h3 id="flag-title">{flag.title || flag.key}</h3>
        <code class="faint">{flag.key}</code>
      </header>
      <p>
        There is no monolith behind this shop, so this path has all of the traffic, and there is nothing that it could
        be taken back to. It costs nothing to leave it so.
      </p>
      <section class="flag-part" aria-labelledby="move-title">
        <h4 id="move-title">Move over from a monolith, share by share</h4>
        <p class="soft">
          Set <code>LEGACY_ORIGIN</code> to the shop you have. Each write path then begins in the shadow, climbs from 1
          % to 100 % on evidence, and is taken back within seconds when it fails. To see it at work with a stand-in
          monolith:
        </p>
        <Copyable text="npm start -- --legacy" label="Command that starts the shop in front of a stand-in monolith" />
      </section>
      <section class="flag-part" aria-labelledby="own-title">
        <h4 id="own-title">Guard a feature of your own</h4>
        <p class="soft">
          That takes no monolith: name the feature and its safe variant in <code>wrangler.toml</code> and{" "}
          <code>src/ops/wrangler.toml</code>, and read it with any OpenFeature client.
        </p>
        <Copyable text={OWN_FLAG} label="Line that defines a flag of your own" />
      </section>
    </article>
  );
}
