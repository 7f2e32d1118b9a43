// Text of the page whose contrast with what is behind it is below WCAG AA (1.4.3): 4.5, or 3 where it is large. Disabled controls and what cannot be seen do not count.
() => {
  const brush = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const known = new Map();
  const parse = (color) => {   // any CSS colour, as the browser paints it
    if (!known.has(color)) {
      brush.clearRect(0, 0, 1, 1);
      brush.fillStyle = color;
      brush.fillRect(0, 0, 1, 1);
      const [r, g, b, a] = brush.getImageData(0, 0, 1, 1).data;
      known.set(color, { rgb: [r, g, b], a: a / 255 });
    }
    return known.get(color);
  };
  const over = (top, below) => top.rgb.map((c, i) => c * top.a + below[i] * (1 - top.a));
  const luminance = (rgb) => {
    const [r, g, b] = rgb.map((c) => (c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ratio = (a, b) => {
    const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y);
    return (high + 0.05) / (low + 0.05);
  };
  const behind = (element) => {   // null: an image, which has no one colour
    const layers = [];
    for (let one = element; one !== null; one = one.parentElement) {
      const style = getComputedStyle(one);
      if (style.backgroundImage !== 'none') return null;
      const color = parse(style.backgroundColor);
      if (color.a > 0) layers.push(color);
      if (color.a === 1) break;
    }
    return layers.reverse().reduce((below, layer) => over(layer, below), [255, 255, 255]);
  };
  const poor = [];
  let seen = 0;
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = texts.nextNode(); node !== null; node = texts.nextNode()) {
    const text = node.textContent.trim();
    const element = node.parentElement;
    const box = element?.getBoundingClientRect();
    if (text === '' || box.width <= 1 || box.height <= 1 || !element.checkVisibility({ opacityProperty: true, visibilityProperty: true })) continue;
    if (element.closest('script, style, [disabled], [aria-disabled="true"], [data-disabled], :disabled') !== null) continue;
    const ground = behind(element);
    if (ground === null) continue;
    const style = getComputedStyle(element);
    const ink = parse(style.color);
    let opacity = ink.a;
    for (let one = element; one !== null; one = one.parentElement) opacity *= Number(getComputedStyle(one).opacity);
    const size = parseFloat(style.fontSize);
    const least = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700) ? 3 : 4.5;
    const found = ratio(over({ rgb: ink.rgb, a: opacity }, ground), ground);
    seen += 1;
    if (found < least - 0.005) poor.push(`${found.toFixed(2)} “${text.slice(0, 40)}” ${style.color} on rgb(${ground.map(Math.round).join(', ')})`);
  }
  return { seen, poor: [...new Set(poor)] };
}
