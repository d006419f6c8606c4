import { useCallback, useEffect, useState } from "preact/hooks";
import { reasonOf } from "../api/client.ts";
import { readShelf, type Shelf, shelfOf, type Wanted } from "./read.ts";

export interface ShelfView {
  readonly shelf: Shelf | undefined;
  readonly isReading: boolean;
  readonly trouble: string | undefined;
  readonly readMore: () => void;
}

/** The list for a category and a search. What has been read before is there at once. */
export function useShelf({ category, q }: Wanted): ShelfView {
  const [shelf, setShelf] = useState(() => shelfOf({ category, q }));
  const [isReading, setReading] = useState(false);
  const [trouble, setTrouble] = useState<string>();
  const read = useCallback(
    async (after?: Shelf): Promise<void> => {
      setReading(true);
      const answer = await readShelf({ category, q }, after);
      setReading(false);
      setTrouble(answer.ok ? undefined : reasonOf(answer));
      if (answer.ok) setShelf(answer.value);
    },
    [category, q],
  );
  useEffect(() => {
    if (!shelf) void read();
  }, [shelf, read]);
  return { shelf, isReading, trouble, readMore: () => void read(shelf) };
}
