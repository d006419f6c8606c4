import { useCallback, useEffect, useState } from "preact/hooks";
import type { ConsoleSession } from "../src/domain/live.ts";
import { Api, type Refusal } from "./access/api.ts";
import { Ended } from "./access/ended.tsx";
import { forgetKey, storedKey } from "./access/key.ts";
import { Login } from "./access/login.tsx";
import { hasEnded } from "./access/refusal.ts";
import { Connection } from "./live/connection.ts";
import type { Route } from "./shell/address.ts";
import { Shell } from "./shell/shell.tsx";
import type { Store } from "./ui/store.ts";

type Entry =
  | { readonly at: "door" }
  | { readonly at: "login"; readonly refusal: Refusal | null }
  | { readonly at: "board"; readonly api: Api; readonly session: ConsoleSession; readonly connection: Connection };

/** Who is there, and then the board. */
export function App({ route }: { readonly route: Store<Route> }) {
  const [entry, setEntry] = useState<Entry>({ at: "door" });

  const enter = useCallback((api: Api, session: ConsoleSession) => {
    const connection = new Connection(api, (refusal) => {
      connection.stop();
      // Where Cloudflare Access stands in front of somebody with a key, that key is as good as before.
      if (!hasEnded(refusal)) forgetKey();
      setEntry({ at: "login", refusal });
    });
    connection.start();
    setEntry({ at: "board", api, session, connection });
  }, []);

  useEffect(() => void knock(enter, (refusal) => setEntry({ at: "login", refusal })), [enter]);

  switch (entry.at) {
    case "door":
      return <main class="login" aria-busy="true" />;
    case "login":
      if (entry.refusal && hasEnded(entry.refusal)) return <Ended />;
      return <Login refusal={entry.refusal} onEnter={enter} />;
    case "board": {
      const leave = (): void => {
        entry.connection.stop();
        forgetKey();
        setEntry({ at: "login", refusal: null });
      };
      return <Shell {...entry} route={route} onLeave={leave} />;
    }
  }
}

/** With the key of this tab, or without one: then Cloudflare Access may have let us in, and the shop says so. */
async function knock(
  enter: (api: Api, session: ConsoleSession) => void,
  refuse: (refusal: Refusal | null) => void,
): Promise<void> {
  const api = new Api(storedKey());
  const answer = await api.get<ConsoleSession>("session");
  if (answer.ok) return enter(api, answer.value);
  const { reason } = answer.refusal;
  if (reason === "unauthorized") forgetKey();
  refuse(reason === "not_signed_in" ? null : answer.refusal);
}
