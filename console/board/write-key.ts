import { useEffect, useState } from "preact/hooks";
import type { Api } from "../access/api.ts";

interface WriteKeys {
  readonly data: readonly {
    readonly kind: string;
    readonly key?: string | null;
    readonly deleted_at?: string | null;
  }[];
}

const isUsable = ({ kind, key, deleted_at: deleted }: WriteKeys["data"][number]): boolean =>
  kind === "public" && Boolean(key) && !deleted;

/** A key that a browser of this shop may send events with; public ones are no secret. None when there is none, or it may not be seen. */
export function useWriteKey(api: Api): string | null {
  const [key, setKey] = useState<string | null>(null);
  useEffect(() => {
    const look = async (): Promise<void> => {
      const answer = await api.get<WriteKeys>("write-keys");
      if (answer.ok) setKey(answer.value.data.find(isUsable)?.key ?? null);
    };
    void look();
  }, [api]);
  return key;
}
