/** Calls back once the frame with the changes made so far is on its way to the screen: a task queued in a frame runs after its paint. */
export function afterPaint(callback: () => void): void {
  requestAnimationFrame(() => {
    const { port1, port2 } = new MessageChannel();
    port1.addEventListener("message", () => {
      port1.close();
      callback();
    });
    port1.start();
    port2.postMessage(null);
  });
}
