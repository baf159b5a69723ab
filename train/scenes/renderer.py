"""Draws a mesh with OpenGL over EGL (a GPU or Mesa's software renderer): colour and inverse depth."""
import cv2
import moderngl
import numpy as np

VERTEX = """
#version 330
uniform mat4 camera; uniform vec4 forward;
in vec3 position; in vec2 uv; in float layer; in vec3 tint;
out vec3 place; out vec2 at; flat out float sheet; out vec3 paint; out float depth;
void main() {
    place = position; at = uv; sheet = layer; paint = tint;
    depth = dot(forward, vec4(position, 1));
    gl_Position = camera * vec4(position, 1);
}
"""
FRAGMENT = """
#version 330
uniform sampler2DArray textures; uniform sampler2DShadow shadow;
uniform mat4 lamp; uniform vec3 sun, sun_colour, sky_colour, ground_colour, eye; uniform float plain_from, headlight;
in vec3 place; in vec2 at; flat in float sheet; in vec3 paint; in float depth;
layout(location = 0) out vec4 colour; layout(location = 1) out float inverse;
void main() {
    // Photos are tiled with mirrored neighbours (no seams), a model's own textures plainly.
    vec2 mirrored = 1.0 - abs(mod(at, 2.0) - 1.0);
    vec4 own = texture(textures, vec3(sheet >= plain_from ? at : mirrored, sheet));
    if (own.a < 0.5) discard;
    vec3 normal = normalize(cross(dFdx(place), dFdy(place)));
    if (dot(normal, eye - place) < 0.0) normal = -normal;
    vec4 seen = lamp * vec4(place + 0.02 * normal, 1);
    vec3 where = seen.xyz / seen.w * 0.5 + 0.5;
    float lit = any(lessThan(where, vec3(0))) || any(greaterThan(where, vec3(1))) ? 1.0 : texture(shadow, where - vec3(0, 0, 0.0015));
    vec3 ambient = mix(ground_colour, sky_colour, normal.y * 0.5 + 0.5);
    float front = headlight * max(dot(normal, normalize(eye - place)), 0.0);
    colour = vec4(own.rgb * paint * (ambient + front + lit * max(dot(normal, sun), 0.0) * sun_colour), 1);
    inverse = 1.0 / depth;
}
"""
SHADOW_FRAGMENT = """
#version 330
uniform sampler2DArray textures; in vec2 at; flat in float sheet;
void main() { if (texture(textures, vec3(at, sheet)).a < 0.5) discard; }
"""
# Pictures are drawn this many times larger each way, then averaged.
OVERSAMPLING = 2
SHADOW_SIDE = 1024


def look_at(eye, target, roll=0.0):
    """World to camera, 4×4: x right, y up, z backwards."""
    back = np.asarray(eye, float) - np.asarray(target, float)
    back /= np.linalg.norm(back)
    right = np.cross((0, 1, 0) if abs(back[1]) < 0.999 else (0, 0, -1), back)
    right /= np.linalg.norm(right)
    up = np.cross(back, right)
    c, s = np.cos(roll), np.sin(roll)
    turn = np.stack([c * right + s * up, c * up - s * right, back])
    view = np.eye(4)
    view[:3, :3], view[:3, 3] = turn, -turn @ np.asarray(eye, float)
    return view


class Renderer:
    """One OpenGL context with room for `layers` textures of `side` squared. Use from one thread."""
    def __init__(self, width, height, layers, side=256):
        self.width, self.height = width, height
        self.context = moderngl.create_standalone_context(backend="egl")
        self.program = self.context.program(VERTEX, FRAGMENT)
        self.shadow_program = self.context.program(VERTEX, SHADOW_FRAGMENT)
        size = (width * OVERSAMPLING, height * OVERSAMPLING)
        self.colour, self.inverse = self.context.texture(size, 4), self.context.texture(size, 1, dtype="f4")
        self.frame = self.context.framebuffer([self.colour, self.inverse], self.context.depth_renderbuffer(size))
        self.shadow = self.context.depth_texture((SHADOW_SIDE, SHADOW_SIDE))
        self.shadow.compare_func, self.shadow.repeat_x, self.shadow.repeat_y = "<=", False, False
        self.shadow_frame = self.context.framebuffer(depth_attachment=self.shadow)
        self.side, self.layers = side, layers
        self.textures = self.context.texture_array((side, side, layers), 4)
        self.textures.filter = (moderngl.LINEAR_MIPMAP_LINEAR, moderngl.LINEAR)
        self.buffers = None

    def set_textures(self, pictures, plain_from):
        """Loads `side`² RGBA pictures; those from `plain_from` on are tiled without mirroring."""
        self.textures.write(np.ascontiguousarray(pictures).tobytes())
        self.textures.build_mipmaps()
        self.program["plain_from"] = plain_from

    def set_mesh(self, mesh, light):
        """Uploads the mesh and draws its shadows. `light`: way to the sun, centre and reach of the shadows (m), colours."""
        if self.buffers:
            for buffer in self.buffers:
                buffer.release()
        corners = np.concatenate([mesh.position, mesh.uv, mesh.layer[:, None], mesh.tint], 1).astype(np.float32)
        vertices, faces = self.context.buffer(corners.tobytes()), self.context.buffer(
            mesh.faces.astype(np.int32).tobytes())
        self.array = self.context.vertex_array(self.program,
                                               [(vertices, "3f 2f 1f 3f", "position", "uv", "layer", "tint")], faces)
        shadow = self.context.vertex_array(self.shadow_program, [(vertices, "3f 2f 1f 12x", "position", "uv", "layer")],
                                           faces)
        self.buffers = (vertices, faces, self.array, shadow)
        sun, reach = np.asarray(light["sun"], float), light["reach"]
        sun /= np.linalg.norm(sun)
        view = look_at(np.asarray(light["centre"]) + sun * reach * 4, light["centre"])
        lamp = np.diag([1 / reach, 1 / reach, -1 / (4 * reach), 1]) @ view
        lamp[2, 3] -= 1
        self.shadow_frame.use()
        self.shadow_frame.clear(depth=1.0)
        self.context.enable(moderngl.DEPTH_TEST)
        self.shadow_program["camera"].write(lamp.T.astype("f4").tobytes())
        self.textures.use(0)
        shadow.render()
        self.program["lamp"].write(lamp.T.astype("f4").tobytes())
        self.program["sun"] = tuple(sun)
        for name in ("sun_colour", "sky_colour", "ground_colour", "headlight"):
            value = light[name]
            self.program[name] = float(value) if np.isscalar(value) else tuple(float(v) for v in value)

    def draw(self, view, focal, shear=0.0, near=0.05, far=3000.0):
        """Colour H×W×3 (linear 0..255, float32), inverse depth H×W (1/m, 0 where nothing is) and coverage H×W (0..1).

        `focal` is in picture widths; `shear` moves the picture to the right by that share of the width.
        """
        aspect = self.width / self.height
        projection = np.array([[2 * focal, 0, -2 * shear, 0], [0, 2 * focal * aspect, 0, 0],
                               [0, 0, -(far + near) / (far - near), -2 * far * near / (far - near)], [0, 0, -1, 0]])
        self.frame.use()
        self.frame.clear(0, 0, 0, 0)
        self.program["camera"].write((projection @ view).T.astype("f4").tobytes())
        self.program["forward"] = tuple(-view[2])
        self.program["eye"] = tuple(-view[:3, :3].T @ view[:3, 3])
        self.textures.use(0)
        self.shadow.use(1)
        self.program["textures"], self.program["shadow"] = 0, 1
        self.array.render()
        size = (self.height * OVERSAMPLING, self.width * OVERSAMPLING)
        colour = np.frombuffer(self.colour.read(), np.uint8).reshape(*size, 4)[::-1]
        inverse = np.frombuffer(self.inverse.read(), np.float32).reshape(size)[::-1]
        small = cv2.resize(np.ascontiguousarray(colour), (self.width, self.height),
                           interpolation=cv2.INTER_AREA).astype(np.float32)
        # The middle of a label's pixel lies between samples; the nearer surface is taken, as edges of films' masks do.
        taken = inverse.reshape(self.height, OVERSAMPLING, self.width, OVERSAMPLING).max((1, 3))
        return small[:, :, :3], taken, small[:, :, 3] / 255
