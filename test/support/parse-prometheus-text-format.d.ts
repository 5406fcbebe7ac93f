// Types of the parser of Prometheus's text format, which brings none; it leaves the labels of histograms away.

declare module 'parse-prometheus-text-format' {
  type Metric = {
    value?: string;
    labels?: Record<string, string>;
    buckets?: Record<string, string>;
    count?: string;
    sum?: string;
  };
  type Family = { name: string; help: string; type: string; metrics: Metric[] };
  function parse(text: string): Family[];
  export = parse;
}
