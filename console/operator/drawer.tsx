import type { FunctionComponent } from "preact";
import type { Api } from "../access/api.ts";
import type { Format } from "../figures/format.ts";
import type { LiveView } from "../live/view.ts";
import { Sheet } from "../ui/sheet.tsx";
import { Backlogs } from "./backlogs.tsx";
import { Costs } from "./costs.tsx";
import { Ledger } from "./ledger.tsx";
import { LinkState } from "./link.tsx";
import { Shards } from "./shards.tsx";

export interface OperatorProps {
  readonly view: LiveView;
  readonly api: Api;
  readonly format: Format;
}

/** The sections of the drawer, in reading order. One more is a line here. */
const SECTIONS: readonly { readonly title: string; readonly View: FunctionComponent<OperatorProps> }[] = [
  { title: "Event ledger", View: Ledger },
  { title: "Backlogs", View: Backlogs },
  { title: "Shards", View: Shards },
  { title: "Costs", View: Costs },
  { title: "Connection", View: LinkState },
];

/** For whoever runs the shop rather than the sales: is everything counted, is anything waiting. */
export function OperatorDrawer({ onClose, ...props }: OperatorProps & { readonly onClose: () => void }) {
  return (
    <Sheet title="Operator" note="What the figures rest on" onClose={onClose}>
      {SECTIONS.map(({ title, View }) => (
        <section key={title} class="operator-section" aria-label={title}>
          <h3>{title}</h3>
          <View {...props} />
        </section>
      ))}
    </Sheet>
  );
}
