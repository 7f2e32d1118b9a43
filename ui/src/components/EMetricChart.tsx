import { useComputedColorScheme } from '@mantine/core';
import { BarChart, LineChart } from 'echarts/charts';
import { AriaComponent, GridComponent, LegendComponent, TooltipComponent } from 'echarts/components';
import * as echarts from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import { useEffect, useRef } from 'react';
import { formatMetric } from '../lib/metrics.ts';
import { SERIES_COLORS, type MetricChartProps } from './MetricChart.tsx';

echarts.use([BarChart, LineChart, GridComponent, TooltipComponent, LegendComponent, AriaComponent, SVGRenderer]);

/** The drawing of MetricChart. Loaded on demand. */
export default function EMetricChart({ label, kind, categories, xName, series, height = 200 }: MetricChartProps) {
  const box = useRef<HTMLDivElement>(null);
  const scheme = useComputedColorScheme('light');

  useEffect(() => {
    const element = box.current;
    if (element === null) return;
    const chart = echarts.init(element, undefined, { renderer: 'svg' });
    const resize = new ResizeObserver(() => { chart.resize(); });
    resize.observe(element);
    return () => { resize.disconnect(); chart.dispose(); };
  }, []);

  useEffect(() => {
    const element = box.current;
    const chart = element === null ? undefined : echarts.getInstanceByDom(element);
    if (chart === undefined) return;
    const token = (name: string) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
    const dim = token('--sw-dim');
    const line = token('--sw-line');
    const few = series.every((one) => one.points.length < 30);
    chart.setOption({
      animation: false,
      aria: { enabled: true, label: { description: label } },
      grid: { left: 8, right: 16, top: series.length > 1 ? 30 : 12, bottom: 4, containLabel: true },
      legend: { top: 0, left: 0, type: 'scroll', icon: 'roundRect', itemWidth: 10, itemHeight: 10, textStyle: { color: dim, fontSize: 12 }, show: series.length > 1 },
      tooltip: {
        trigger: 'axis', axisPointer: { type: kind === 'bar' ? 'shadow' : 'line', lineStyle: { color: dim } }, confine: true,
        backgroundColor: token('--sw-surface'), borderColor: line, textStyle: { color: token('--sw-text'), fontSize: 12 },
        valueFormatter: (value: unknown) => (typeof value === 'number' ? formatMetric(value) : '–'),
      },
      xAxis: kind === 'bar'
        ? { type: 'category', data: categories ?? [], axisLine: { lineStyle: { color: line } }, axisLabel: { color: dim, fontSize: 11 }, axisTick: { show: false } }
        : { type: 'value', name: xName ?? 'step', nameLocation: 'middle', nameGap: 24, nameTextStyle: { color: dim, fontSize: 11 }, min: 'dataMin', max: 'dataMax', minInterval: 1, splitLine: { show: false }, axisLine: { lineStyle: { color: line } }, axisLabel: { color: dim, fontSize: 11, hideOverlap: true } },
      yAxis: { type: 'value', scale: kind === 'line', splitNumber: 3, axisLabel: { color: dim, fontSize: 11, formatter: (value: number) => formatMetric(value) }, splitLine: { lineStyle: { color: line } } },
      series: series.map((one, index) => {
        const color = SERIES_COLORS[index % SERIES_COLORS.length];
        return kind === 'bar'
          ? { name: one.name, type: 'bar', itemStyle: { color }, barMaxWidth: 36, data: (categories ?? []).map((_, at) => one.points.find(([x]) => x === at)?.[1] ?? null) }
          : { name: one.name, type: 'line', itemStyle: { color }, lineStyle: { color, width: 1.75 }, showSymbol: few, symbolSize: 5, connectNulls: false, data: one.points };
      }),
    }, { notMerge: true });
  }, [label, kind, categories, xName, series, scheme]);

  return <div ref={box} role="img" aria-label={label} style={{ height, width: '100%' }} />;
}
