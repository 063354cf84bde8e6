// The types of window.consent, which pages have where their site has `page_api = true`.

/** What holds for this visitor now. */
export interface ConsentState {
  /** Each purpose of the site's policy, by its id: whether it is granted. A single service or cookie may have another answer. */
  readonly purposes: Readonly<Record<string, boolean>>;
  /** Whether the visitor owes no answer: one was given, or none is asked for. */
  readonly answered: boolean;
  /** How allowed cookies are kept: as they are set, until the browser closes, or each after asking. */
  readonly mode: 'as_set' | 'session' | 'ask';
  /** False while the page waits for the gateway's word, after coming out of a cache for instance: nothing optional is granted until then. */
  readonly settled: boolean;
}

/** What a page's own scripts can ask and do. Nothing here can grant anything. */
export interface Consent {
  /** What holds now. */
  get(): ConsentState;
  /** Calls `listener` whenever something else holds, in other tabs' wake too; returns what ends that. */
  on(type: 'change', listener: (state: ConsentState) => void): () => void;
  /** Leads the visitor to the answer: to the banner while it is shown, otherwise to the settings page. */
  open(): void;
}

declare global {
  /** Missing in a document without the gateway's guard. */
  const consent: Consent;

  interface Window {
    readonly consent?: Consent;
  }
}
