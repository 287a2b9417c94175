/** Styles of the button and the frame, inside a shadow root: nothing leaks in or out. */
export const sheet = `
:host{all:initial;--a:var(--fd-accent,#3b5bdb)}
button{all:unset;box-sizing:border-box;position:fixed;bottom:16px;right:16px;z-index:2147483000;cursor:pointer;-webkit-tap-highlight-color:transparent}
button:focus-visible{outline:2px solid var(--a);outline-offset:3px}
button:not(.teaser){width:56px;height:56px;border-radius:50%;background:var(--a);box-shadow:0 2px 6px #0003,0 8px 24px #0002;display:grid;place-items:center;transition:transform .14s ease-out}
button:not(.teaser):hover{transform:scale(1.05)}
svg{width:28px;height:28px;fill:#fff}
.badge{position:absolute;top:-2px;right:-2px;min-width:20px;height:20px;padding:0 5px;box-sizing:border-box;border-radius:10px;background:#c92a2a;color:#fff;font:600 12px/20px system-ui,sans-serif;text-align:center}
[hidden]{display:none!important}
button.teaser{bottom:84px;max-width:min(280px,calc(100vw - 32px));padding:10px 14px;border-radius:16px 16px 4px 16px;background:#fff;color:#1c2130;font:400 15px/1.45 system-ui,-apple-system,"PingFang SC","Microsoft YaHei",sans-serif;box-shadow:0 1px 3px #0002,0 8px 24px #0002;overflow-wrap:anywhere}
iframe{all:unset;position:fixed;bottom:16px;right:16px;z-index:2147483001;width:384px;max-width:calc(100vw - 32px);height:min(640px,calc(100vh - 32px));border-radius:16px;box-shadow:0 2px 8px #0002,0 16px 48px #0003;background:Canvas;color-scheme:light dark;visibility:hidden;opacity:0;transform:translateY(12px);transition:opacity .16s ease-out,transform .16s ease-out,visibility 0s .16s}
:host([data-open]) iframe{visibility:visible;opacity:1;transform:none;transition-delay:0s}
:host([data-open]) button{visibility:hidden}
:host([data-side=left]) :is(button,iframe){right:auto;left:16px}
@media (max-width:479px){iframe{inset:0 0 auto 0!important;width:100%;max-width:none;height:100dvh;border-radius:0;box-shadow:none}}
@media (prefers-reduced-motion:reduce){button,iframe{transition:none!important;transform:none!important}}
@media print{button,iframe{display:none}}
`.replace(/\n/g, '');
