import type { Announcement } from "../shop-context.ts";

interface ToastProps {
  readonly announcement: Announcement | undefined;
  readonly onClose: () => void;
}

/** The region is always there: screen readers only speak of what changes inside one that they know. */
export function Toast({ announcement, onClose }: ToastProps) {
  return (
    <div class="toast-place" role="status">
      {announcement && (
        <div class="toast">
          <span>{announcement.text}</span>
          {announcement.link && (
            <a href={announcement.link.href} onClick={onClose}>
              {announcement.link.text}
            </a>
          )}
        </div>
      )}
    </div>
  );
}
