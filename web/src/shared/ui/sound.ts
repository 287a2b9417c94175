const notes = {
  message: [[660, 0, 0.09]],
  offer: [
    [587, 0, 0.12],
    [784, 0.14, 0.18],
  ],
} as const;

/** A short soft tone made in the page: no file to load. */
export function chime(kind: keyof typeof notes): void {
  // Browsers are silent until a page had a gesture; asking earlier only fills their console.
  if (navigator.userActivation && !navigator.userActivation.hasBeenActive) return;
  try {
    const ctx = new AudioContext();
    const volume = ctx.createGain();
    volume.connect(ctx.destination);
    let end = 0;
    for (const [hz, at, long] of notes[kind]) {
      const osc = ctx.createOscillator();
      const env = ctx.createGain();
      osc.frequency.value = hz;
      env.gain.setValueAtTime(0, ctx.currentTime + at);
      env.gain.linearRampToValueAtTime(0.12, ctx.currentTime + at + 0.012);
      env.gain.exponentialRampToValueAtTime(0.001, ctx.currentTime + at + long);
      osc.connect(env).connect(volume);
      osc.start(ctx.currentTime + at);
      osc.stop(ctx.currentTime + at + long);
      end = Math.max(end, at + long);
    }
    setTimeout(() => void ctx.close(), end * 1000 + 200);
  } catch {
    // no audio here: the page shows the same news
  }
}
