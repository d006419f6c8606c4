/** `data-document`: these are pages of others, which the browser loads. */
export function Footer() {
  return (
    <footer class="footer">
      <p>A demo shop on your own machine. Nothing is sent, and no money moves.</p>
      <nav aria-label="Behind the shop">
        <a href="/ops" data-document>
          Operations
        </a>
        <a href="/docs" data-document>
          API reference
        </a>
      </nav>
    </footer>
  );
}
