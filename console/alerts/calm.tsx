import type { Silence } from "../../src/domain/live.ts";
import { withoutAlerts } from "../board/silence.ts";
import type { Format } from "../figures/format.ts";
import { Icon } from "../ui/icon.tsx";

interface CalmProps {
  readonly book: Silence | undefined;
  readonly format: Format;
}

export function Calm({ book, format }: CalmProps) {
  const { isCalm, text } = withoutAlerts(book, (ms) => format.time(ms));
  return (
    <p class={isCalm ? "calm soft" : "calm unsure soft"}>
      <Icon name={isCalm ? "calm" : "warning"} />
      <span>{text}</span>
    </p>
  );
}
