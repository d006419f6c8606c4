/** The product's picture, or a blank of its size. It says nothing that the name does not. */
export function Thumb({ image }: { readonly image: string }) {
  return image === "" ? (
    <span class="thumb" aria-hidden="true" />
  ) : (
    <img class="thumb" src={image} alt="" width="28" height="28" loading="lazy" decoding="async" />
  );
}
