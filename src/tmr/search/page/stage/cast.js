// The figures of a picture: meshes that are posed anew for each picture, as many as one picture ever had.

import { Bone, Color, Matrix4, MeshBasicMaterial, MeshStandardMaterial, Skeleton, SkinnedMesh } from "../vendor/three/three.js";
import { build, paintSides, placePieces } from "./mesh.js";
import { BODY, bones } from "./shapes.js";

const SIDES = ["left", "right", "middle", "band"];
const IDENTITY = new Matrix4();

export class Cast {
  constructor(scene) {
    this.scene = scene;
    this.meshes = new Map();
    this.figures = [];
    this.colours = null;
  }

  setColours(look) {
    this.colours = Object.fromEntries(SIDES.map((side) => [side, new Color(look[side]).toArray()]));
    for (const mesh of this.meshes.values()) paintSides(mesh, this.colours);
  }

  // Poses a figure for each of the picture's, and hides the others.
  place({ figures, names, parents, asBones }) {
    for (const [number, { pose, alpha, isGhost }] of figures.entries()) {
      this.figures[number] ??= new Figure(this.scene, number);
      this.figures[number].show(this.meshOf(names, parents, asBones, pose), pose, alpha, isGhost);
    }
    for (const figure of this.figures.slice(figures.length)) figure.hide();
  }

  meshOf(names, parents, asBones, pose) {
    const key = `${asBones} ${names.join(" ")}`;
    if (!this.meshes.has(key)) {
      const mesh = build(asBones ? bones(names, parents) : BODY, names, pose);
      paintSides(mesh, this.colours);
      this.meshes.set(key, mesh);
    }
    return this.meshes.get(key);
  }
}

class Figure {
  constructor(scene, number) {
    const look = { vertexColors: true, roughness: 0.72, metalness: 0 };
    this.solid = new MeshStandardMaterial(look);
    this.faint = new MeshStandardMaterial({ ...look, transparent: true });
    // Of a faint figure only what is nearest is seen: its depth is drawn before its colours.
    this.depth = new MeshBasicMaterial({ colorWrite: false });
    [this.skin, this.mask] = [this.solid, this.depth].map((material, layer) => {
      const mesh = new SkinnedMesh(undefined, material);
      mesh.frustumCulled = false;
      mesh.matrixAutoUpdate = false;
      mesh.renderOrder = 10 + 2 * number + 1 - layer;
      scene.add(mesh);
      return mesh;
    });
  }

  show(mesh, pose, alpha, isGhost) {
    if (this.mesh !== mesh) this.take(mesh);
    placePieces(mesh, pose, (bone, elements) => this.skeleton.bones[bone].matrixWorld.fromArray(elements));
    const isFaint = isGhost || alpha < 1;
    this.faint.opacity = alpha;
    this.skin.material = isFaint ? this.faint : this.solid;
    this.skin.castShadow = !isGhost;
    this.skin.receiveShadow = !isGhost;
    this.skin.visible = true;
    this.mask.visible = isFaint;
  }

  hide() {
    this.skin.visible = this.mask.visible = false;
  }

  take(mesh) {
    this.mesh = mesh;
    this.skeleton?.dispose();
    // The bones stand for themselves: each one's place in the world is set directly.
    const set = mesh.pieces.map(() => new Bone());
    this.skeleton = new Skeleton(set, set.map(() => IDENTITY));
    for (const skinned of [this.skin, this.mask]) {
      skinned.geometry = mesh.geometry;
      skinned.bind(this.skeleton, IDENTITY);
    }
  }
}
