// Paints pictures of motions with Three.js: all of them side by side in one canvas off screen, then each on its own.

import { DirectionalLight, HemisphereLight, PCFShadowMap, PerspectiveCamera, Scene, WebGLRenderer } from "../vendor/three/three.js";
import { FOCAL } from "../camera.js";
import { Cast } from "./cast.js";
import { Ground } from "./ground.js";

const SHEET_PIXELS = 2048; // the shared canvas grows to this, or to the largest single picture
const SHADOW_REACH = 1.5; // metres around the figure
const LIGHT_HEIGHT = 3.2;

export class Stage {
  // `context` is a WebGL 2 context of `canvas`; `onChange` is called when it was lost or has come back.
  constructor(canvas, context, onChange) {
    this.canvas = canvas;
    this.renderer = new WebGLRenderer({ canvas, context, alpha: true, antialias: true });
    this.renderer.autoClear = false;
    this.renderer.setClearAlpha(0);
    this.renderer.setScissorTest(true);
    this.renderer.shadowMap.enabled = true;
    this.renderer.shadowMap.type = PCFShadowMap;
    for (const name of ["webglcontextlost", "webglcontextrestored"]) canvas.addEventListener(name, onChange);
    this.scene = new Scene();
    this.camera = new PerspectiveCamera((360 / Math.PI) * Math.atan(0.5 / FOCAL), 1, 0.1, 60);
    this.sky = new HemisphereLight();
    this.sun = sunlight();
    this.scene.add(this.sky, this.sun, this.sun.target);
    this.ground = new Ground(this.scene);
    this.cast = new Cast(this.scene);
  }

  // Paints each picture on its canvas; false if that cannot be done now.
  paint(pictures, look) {
    if (this.renderer.getContext().isContextLost()) return false;
    if (this.look !== look) this.setColours(look);
    let sheet = [];
    let [x, y, row] = [0, 0, 0];
    for (const picture of pictures) {
      const { width, height } = picture.canvas;
      if (x && x + width > SHEET_PIXELS) [x, y, row] = [0, y + row, 0];
      if (y && y + height > SHEET_PIXELS) {
        this.paintSheet(sheet);
        sheet = [];
        [x, y, row] = [0, 0, 0];
      }
      sheet.push({ picture, x, y });
      x += width;
      row = Math.max(row, height);
    }
    this.paintSheet(sheet);
    return true;
  }

  paintSheet(sheet) {
    const width = Math.max(...sheet.map(({ picture, x }) => x + picture.canvas.width));
    const height = Math.max(...sheet.map(({ picture, y }) => y + picture.canvas.height));
    const { canvas, renderer } = this;
    // Its size changes rarely: that costs more than a picture.
    if (width > canvas.width || height > canvas.height) {
      renderer.setSize(Math.max(width, canvas.width), Math.max(height, canvas.height), false);
    }
    for (const { picture, x, y } of sheet) this.render(picture, x, y);
    for (const { picture, x, y } of sheet) {
      const { width, height } = picture.canvas;
      picture.canvas.dataset.drawing = "webgl";
      picture.context.drawImage(canvas, x, y, width, height, 0, 0, width, height);
    }
  }

  render(picture, x, y) {
    const { width, height } = picture.canvas;
    const { renderer } = this;
    const low = this.canvas.height - y - height;
    renderer.setViewport(x, low, width, height);
    renderer.setScissor(x, low, width, height);
    renderer.clear();
    this.aim(picture.camera);
    this.light(picture);
    this.ground.place(picture);
    this.cast.place(picture);
    renderer.render(this.scene, this.camera);
  }

  aim({ target, distance, sinYaw, cosYaw, sinPitch, cosPitch, width, height }) {
    const { camera } = this;
    camera.position.set(
      target[0] + distance * sinYaw * cosPitch, target[1] + distance * sinPitch, target[2] + distance * cosYaw * cosPitch,
    );
    camera.lookAt(...target);
    camera.aspect = width / height;
    camera.near = Math.max(0.05, 0.05 * distance);
    camera.far = distance + 30;
    camera.updateProjectionMatrix();
  }

  // The light falls from the left of where the motion is first looked at from, whichever way it faces in its file.
  light({ figures, lightYaw }) {
    const [x, y, z] = figures[0].pose;
    const yaw = lightYaw - 0.75;
    const { sun } = this;
    sun.target.position.set(x, y - 0.3, z);
    sun.position.set(x + 1.9 * Math.sin(yaw), y + LIGHT_HEIGHT, z + 1.9 * Math.cos(yaw));
  }

  setColours(look) {
    this.look = look;
    this.sky.intensity = look.dark ? 1.2 : 1.9;
    this.sky.color.set("#ffffff");
    this.sky.groundColor.set(look.dark ? "#6a6f78" : "#b9b6b0");
    this.sun.intensity = look.dark ? 1.8 : 1.5;
    this.ground.setColours(look);
    this.cast.setColours(look);
  }
}

function sunlight() {
  const sun = new DirectionalLight("#ffffff");
  sun.castShadow = true;
  sun.shadow.mapSize.set(512, 512);
  sun.shadow.radius = 4;
  sun.shadow.normalBias = 0.04;
  sun.shadow.bias = -0.0005;
  const { camera } = sun.shadow;
  [camera.left, camera.right, camera.bottom, camera.top] = [-SHADOW_REACH, SHADOW_REACH, -SHADOW_REACH, SHADOW_REACH];
  [camera.near, camera.far] = [0.5, 8];
  return sun;
}
