import { expect, it } from "vitest";
import { scriptTime } from "../../bench/profile.ts";

const frame = (id: number, functionName: string, lineNumber = 0) => ({
  id,
  callFrame: { functionName, lineNumber, columnNumber: 9 },
});

it("counts what ran in scripts by function, and neither what was idle, nor native, nor the pause in which others had the thread", () => {
  const profile = {
    nodes: [frame(1, "(root)"), frame(2, "(program)"), frame(3, "(idle)"), frame(4, "exec", 6), frame(5, "", 2)],
    samples: [2, 4, 4, 3, 5, 4],
    // The fourth of `exec` came after 80 ms of somebody else's.
    timeDeltas: [300, 200, 400, 500, 100, 80_000],
  };
  const { ms, functions } = scriptTime(JSON.stringify(profile));
  expect(ms).toBeCloseTo(0.2 + 0.4 + 0.1 + 1);
  expect([...functions.keys()]).toEqual(["exec 7:10", "(anonymous) 3:10"]);
  expect(functions.get("exec 7:10")).toBeCloseTo(1.6);
});
