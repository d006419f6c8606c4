import { Icon } from "../ui/icon.tsx";

interface ChainProps {
  /** The first entry that is not as it was written, and whose log it is of when there are several. */
  readonly broken: { readonly entry: number; readonly source?: string } | null;
}

/** Whether anybody has changed a log since it was written. */
export function Chain({ broken }: ChainProps) {
  if (!broken) {
    return (
      <p class="verdict">
        <Icon name="calm" />
        The chain is intact: nothing was changed
      </p>
    );
  }
  const { entry, source } = broken;
  return (
    <p class="verdict failed">
      <Icon name="critical" />
      {`The chain${source === undefined ? "" : ` of ${source}`} is broken at entry ${entry}: do not believe what follows it`}
    </p>
  );
}
