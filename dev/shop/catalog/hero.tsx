export function Hero() {
  return (
    <section class="hero" aria-labelledby="hero-heading">
      <div class="hero-words">
        <h1 id="hero-heading">Care, from the quiet side of the harbor</h1>
        <p>Small batches from four makers by the sea. Gentle things that do one job well.</p>
      </div>
      <svg class="hero-sea" viewBox="0 0 1200 260" preserveAspectRatio="xMidYMax slice" aria-hidden="true">
        <circle class="hero-sun" cx="905" cy="86" r="54" />
        <path class="hero-far" d="M0 128q100-44 200 0t200 0 200 0 200 0 200 0 200 0v132H0z" />
        <path class="hero-wall" d="M620 150l60-22h230l40 22 254 30v80H560z" />
        <path class="hero-lamp" d="M700 128V84h22v44zM696 84l15-18 15 18z" />
        <path class="hero-mid" d="M0 178q75-32 150 0t150 0 150 0 150 0 150 0 150 0 150 0 150 0v82H0z" />
        <path class="hero-near" d="M0 220q100-30 200 0t200 0 200 0 200 0 200 0 200 0v40H0z" />
      </svg>
    </section>
  );
}
