/** An event stream that the test drives. Opens by itself, as a healthy server would. */
export class FakeEventSource extends EventTarget {
  static readonly all: FakeEventSource[] = [];
  closed = false;
  readonly url: string;

  constructor(url: string) {
    super();
    this.url = url;
    FakeEventSource.all.push(this);
    queueMicrotask(() => { if (!this.closed) this.dispatchEvent(new Event('open')); });
  }

  close() { this.closed = true; }

  /** Sends an event with JSON data to every open stream whose address contains `part`. */
  static send(part: string, name: string, data: unknown) {
    for (const source of FakeEventSource.all) {
      if (!source.closed && source.url.includes(part)) source.dispatchEvent(new MessageEvent(name, { data: JSON.stringify(data) }));
    }
  }

  static fail(part: string) {
    for (const source of FakeEventSource.all) if (!source.closed && source.url.includes(part)) source.dispatchEvent(new Event('error'));
  }
}
