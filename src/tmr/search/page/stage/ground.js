// The floor: a grid that pales with distance, the shadows on it, and the way of the hips over it.

import { BufferAttribute, BufferGeometry, Color, DoubleSide, Mesh, MeshBasicMaterial, PlaneGeometry, ShaderMaterial, ShadowMaterial } from "../vendor/three/three.js";

const STEP = 0.5; // of the grid, metres
const WAY_WIDTH = 0.03; // metres

const VERTEX = `
  varying vec3 place;
  void main() {
    vec4 world = modelMatrix * vec4(position, 1.0);
    place = world.xyz;
    gl_Position = projectionMatrix * viewMatrix * world;
  }`;
const FRAGMENT = `
  uniform vec3 colour, middle;
  uniform float radius, gap;
  varying vec3 place;
  void main() {
    vec2 cell = place.xz / gap;
    vec2 pixel = max(fwidth(cell), vec2(1e-4));
    vec2 line = 1.0 - min(abs(fract(cell - 0.5) - 0.5) / pixel, 1.0);
    // Where lines lie closer than two pixels they become an even tone, not a flicker.
    float strength = max(line.x, line.y) * min(1.0, 0.5 / max(pixel.x, pixel.y));
    float near = 1.0 - distance(place.xz, middle.xz) / radius;
    gl_FragColor = vec4(colour, strength * 0.42 * clamp(near, 0.0, 1.0));
    #include <colorspace_fragment>
  }`;

export class Ground {
  constructor(scene) {
    const flat = new PlaneGeometry(2, 2).rotateX(-Math.PI / 2);
    const uniforms = { colour: { value: new Color() }, middle: { value: [0, 0, 0] }, radius: { value: 1 }, gap: { value: STEP } };
    const lines = new ShaderMaterial({ vertexShader: VERTEX, fragmentShader: FRAGMENT, uniforms, transparent: true, depthWrite: false });
    this.grid = new Mesh(flat, lines);
    this.shade = new Mesh(flat, new ShadowMaterial({ transparent: true, depthWrite: false }));
    this.shade.receiveShadow = true;
    this.gone = ribbon();
    this.ahead = ribbon();
    for (const [order, mesh] of [this.grid, this.shade, this.ahead, this.gone].entries()) {
      mesh.renderOrder = order;
      scene.add(mesh);
    }
  }

  setColours(look) {
    this.grid.material.uniforms.colour.value.set(look.floor);
    this.shade.material.color.set(look.shadow);
    this.darkness = look.dark ? 0.55 : 0.26;
    for (const way of [this.gone, this.ahead]) way.material.color.set(look.band);
  }

  place({ camera, floor, figures, way }) {
    const [x, , z] = camera.target;
    this.grid.visible = floor > 0;
    this.grid.position.set(x, 0, z);
    this.grid.scale.set(floor, 1, floor);
    this.grid.material.uniforms.middle.value = [x, 0, z];
    this.grid.material.uniforms.radius.value = floor;
    const [main] = figures;
    this.shade.position.set(main.pose[0], 0.001, main.pose[2]);
    this.shade.scale.set(3, 1, 3);
    this.shade.material.opacity = this.darkness * main.alpha;
    for (const mesh of [this.gone, this.ahead]) mesh.visible = Boolean(way);
    if (way) this.placeWay(way);
  }

  placeWay({ points, now }) {
    if (this.points !== points) {
      this.points = points;
      const geometry = along(points);
      for (const mesh of [this.gone, this.ahead]) {
        mesh.geometry.dispose();
        mesh.geometry = geometry.clone();
      }
    }
    const last = points.length / 2 - 1;
    this.gone.geometry.setDrawRange(0, 6 * Math.min(now, last));
    this.ahead.geometry.setDrawRange(6 * Math.min(now, last), 6 * last);
    [this.gone.material.opacity, this.ahead.material.opacity] = [0.75, 0.25];
  }
}

function ribbon() {
  const mesh = new Mesh(new BufferGeometry(), new MeshBasicMaterial({ transparent: true, depthWrite: false, side: DoubleSide }));
  mesh.position.y = 0.003;
  mesh.frustumCulled = false;
  return mesh;
}

// A flat band along points of the floor (x z, x z …).
function along(points) {
  const count = points.length / 2;
  const position = new Float32Array(6 * count);
  const index = [];
  let side = [1, 0];
  for (let i = 0; i < count; i++) {
    const [before, after] = [Math.max(i - 1, 0), Math.min(i + 1, count - 1)];
    const [dx, dz] = [points[2 * after] - points[2 * before], points[2 * after + 1] - points[2 * before + 1]];
    const length = Math.hypot(dx, dz);
    // Where it stands still it keeps its direction.
    if (length > 1e-4) side = [-dz / length, dx / length];
    for (const [end, sign] of [-1, 1].entries()) {
      position[6 * i + 3 * end] = points[2 * i] + (sign * side[0] * WAY_WIDTH) / 2;
      position[6 * i + 3 * end + 2] = points[2 * i + 1] + (sign * side[1] * WAY_WIDTH) / 2;
    }
    if (i) index.push(2 * i - 2, 2 * i - 1, 2 * i, 2 * i, 2 * i - 1, 2 * i + 1);
  }
  const geometry = new BufferGeometry();
  geometry.setAttribute("position", new BufferAttribute(position, 3));
  geometry.setIndex(index);
  return geometry;
}
