import type { ComponentChildren } from "preact";

interface NoticeProps {
  readonly tone?: "calm" | "bad";
  readonly title?: string;
  readonly children?: ComponentChildren;
}

/** Something that the shopper has to know before going on; spoken when it appears. */
export function Notice({ tone = "calm", title, children }: NoticeProps) {
  return (
    <div class={`notice notice-${tone}`} role={tone === "bad" ? "alert" : "status"}>
      {title !== undefined && <strong>{title}</strong>}
      {children}
    </div>
  );
}
