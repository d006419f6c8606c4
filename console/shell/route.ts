import { Store } from "../ui/store.ts";
import { readRoute, type Route, writeRoute } from "./address.ts";

export function routeStore(): Store<Route> {
  const store = new Store(readRoute(location.hash));
  addEventListener("hashchange", () => store.set(readRoute(location.hash)));
  return store;
}

export const goTo = (route: Route): void => {
  location.hash = writeRoute(route);
};
