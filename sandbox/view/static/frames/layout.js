// The interface that the portal draws for an application above a timeline (widgets/crm/detail-activity-area.md):
// the page stays invisible, says what to show and hears what was done with it.

const COLORS = { primary: "var(--accent)", warning: "#b7791f", danger: "var(--bad)", success: "var(--good)" };
const SIZES = { xs: 11, sm: 12, md: 14, lg: 17, xl: 20 };

const place = (host) => host.box.closest("[data-layout]").querySelector("[data-layout-content]");
const make = (tag, className, text) => {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text !== undefined) node.textContent = text;
  return node;
};

// --- blocks

const blocks = {
  text(host, id, { value, multiline, bold, size, color }) {
    const node = make("span", multiline ? "prose pre" : "", value);
    styled(node, { bold, size, color });
    return node;
  },
  link(host, id, { text, action, bold, size }) {
    const node = make("button", "link", text);
    node.type = "button";
    styled(node, { bold, size });
    node.addEventListener("click", () => act(host, id, action));
    return node;
  },
  withTitle(host, id, { title, block, inline }) {
    const node = make("div", inline ? "titled inline" : "titled");
    node.append(make("span", "muted", title), drawn(host, id, block));
    return node;
  },
  lineOfBlocks: (host, id, { blocks: inner }) => gathered(host, inner, make("div", "line")),
  list(host, id, { blocks: inner }) {
    const node = make("ul");
    for (const child of children(host, inner)) node.appendChild(make("li")).append(child);
    return node;
  },
  section(host, id, { blocks: inner, type, imageSrc }) {
    const node = make("section", `layout-section ${type || "default"}`);
    if (imageSrc) node.appendChild(make("img")).src = imageSrc;
    return gathered(host, inner, node);
  },
  dropdownMenu: (host, id, properties) => chosen(host, id, properties),
  select: (host, id, properties) => titled(properties, chosen(host, id, properties)),
  input: (host, id, properties) => titled(properties, typed(host, id, properties, "input")),
  textarea: (host, id, properties) => titled(properties, typed(host, id, properties, "textarea")),
};

function styled(node, { bold, size, color }) {
  if (bold) node.style.fontWeight = 600;
  if (size) node.style.fontSize = `${SIZES[size] || SIZES.md}px`;
  if (color) node.style.color = COLORS[color] || "";
}

function titled({ title, errorText }, control) {
  const node = make("label", "titled");
  if (title) node.append(make("span", "muted", title));
  node.append(control);
  if (errorText) node.append(make("small", "late", errorText));
  return node;
}

function typed(host, id, properties, tag) {
  const control = make(tag);
  control.value = properties.value ?? "";
  control.placeholder = properties.placeholder ?? "";
  control.disabled = Boolean(properties.disabled);
  control.addEventListener("change", () => changed(host, id, (properties.value = control.value)));
  return control;
}

function chosen(host, id, properties) {
  const control = make("select");
  for (const [value, label] of Object.entries(properties.values || {})) control.add(new Option(label, value));
  if (properties.selectedValue !== undefined) control.value = properties.selectedValue;
  control.disabled = Boolean(properties.disabled);
  control.addEventListener("change", () => changed(host, id, (properties.selectedValue = control.value)));
  return control;
}

const drawn = (host, id, block) => (blocks[block.type] || blocks.text)(host, id, block.properties || {});

function children(host, inner) {
  const shown = Object.entries(inner || {}).filter(([, block]) => block.visible !== false);
  return shown.map(([id, block]) => drawn(host, id, block));
}

function gathered(host, inner, node) {
  node.append(...children(host, inner));
  return node;
}

// --- what people do with it

function tell(host, name, id, data) {
  for (const key of [name, `${name}:${id}`]) host.tell(key, data);
}

const changed = (host, id, value) => tell(host, "bindValueChangeCallback", id, { id, value });

function act(host, id, action) {
  const target = action.value ?? action.uri;
  if (action.type === "layoutEvent") tell(host, "bindLayoutEventCallback", id, { id, value: action.value });
  else if (action.type === "openRestApp") openApplication(host, action);
  else if (String(target).startsWith("/")) window.portalSlider.open(target);
  else window.open(target, "_blank", "noopener");
}

function openApplication(host, { value, sliderParams = {} }) {
  const { entityTypeId, entityId } = host.data.PLACEMENT_OPTIONS;
  const given = value && typeof value === "object" ? value : { value };
  const url = new URL(`/app/${encodeURIComponent(host.app)}`, location.origin);
  for (const [name, one] of Object.entries({ ...given, entityTypeId, entityId })) {
    if (one !== undefined) url.searchParams.set(`params[${name}]`, typeof one === "object" ? JSON.stringify(one) : one);
  }
  const { width, title, leftBoundary: left } = sliderParams;
  window.portalSlider.open(url.href, null, { width, title, left });
}

// --- drawing

function redraw(host) {
  const { blocks: inner, primaryButton, secondaryButton } = host.layout;
  const node = make("fieldset", "layout");
  node.disabled = Boolean(host.locked);
  gathered(host, inner, node);
  const buttons = node.appendChild(make("div", "layout-buttons"));
  const offered = [
    [primaryButton, "button", "bindPrimaryButtonClickCallback"],
    [secondaryButton, "button quiet", "bindSecondaryButtonClickCallback"],
  ];
  for (const [button, className, event] of offered) {
    if (!button) continue;
    const one = buttons.appendChild(make("button", className, button.title));
    one.type = "button";
    one.disabled = button.state === "disabled";
    one.addEventListener("click", () => host.tell(event, []));
  }
  place(host).replaceChildren(node);
}

function found(inner, id) {
  for (const [name, block] of Object.entries(inner || {})) {
    if (name === id) return block;
    const deeper = found(block.properties && block.properties.blocks, id);
    if (deeper) return deeper;
  }
  return null;
}

const changing = (change) => (host, params, answer) => {
  host.layout ||= { blocks: {} };
  change(host, params || {});
  redraw(host);
  answer();
};

const bound = (name) => (host, params, answer, key) =>
  host.keys.set(typeof params === "string" && params ? `${name}:${params}` : name, key);

export const commands = {
  setLayout: changing((host, layout) => (host.layout = layout)),
  setLayoutItemState: changing((host, { id, visible, properties }) => {
    const block = found(host.layout.blocks, id);
    if (!block) return;
    if (visible !== undefined) block.visible = visible;
    block.properties = { ...block.properties, ...properties };
  }),
  setPrimaryButtonState: changing((host, state) => {
    host.layout.primaryButton = { ...host.layout.primaryButton, ...state };
  }),
  setSecondaryButtonState: changing((host, state) => {
    host.layout.secondaryButton = { ...host.layout.secondaryButton, ...state };
  }),
  lock: changing((host) => (host.locked = true)),
  unlock: changing((host) => (host.locked = false)),
  finish(host, params, answer) {
    answer();
    setTimeout(() => location.assign(location.pathname), 100);
  },
  bindLayoutEventCallback: bound("bindLayoutEventCallback"),
  bindValueChangeCallback: bound("bindValueChangeCallback"),
  bindPrimaryButtonClickCallback: bound("bindPrimaryButtonClickCallback"),
  bindSecondaryButtonClickCallback: bound("bindSecondaryButtonClickCallback"),
  bindEntityUpdateCallback: bound("bindEntityUpdateCallback"),
};
