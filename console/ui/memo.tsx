import { Component, type ComponentChild, type FunctionComponent } from "preact";

/** Draws `View` again only when one of its properties is another value. What makes 200 rows cheap at a few frames a second. */
export function memo<P extends object>(View: FunctionComponent<P>): new () => Component<P> {
  return class Memo extends Component<P> {
    override shouldComponentUpdate(next: Readonly<P>): boolean {
      return differs(this.props, next);
    }

    override render(props: P): ComponentChild {
      return <View {...props} />;
    }
  };
}

function differs(before: object, after: object): boolean {
  const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...keys].some((key) => !Object.is(Reflect.get(before, key), Reflect.get(after, key)));
}
