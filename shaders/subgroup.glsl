// What the kernels for software drivers share, whose lanes are the numbers of one vector register. Include after texels.glsl, with `digits` among the
// push constants.
#extension GL_KHR_shader_subgroup_shuffle : require
// A workgroup is one subgroup.
const int LANES = int(gl_WorkGroupSize.x);

// `value`, which is the same in all lanes and less than 16^5, so that the compiler can tell: what is read from push constants is the same for all by
// definition, where what is made of a workgroup's number is not known to be. A store to such a place is one instruction, any other a loop over the lanes.
int same_for_all(int value) {
    int known = 0;
    [[unroll]] for (int place = 0; place < 20; place += 4) known += push.digits[value >> place & 15] << place;
    return known;
}

// `place` where `exists` is 1, `spare` where it is 0. Not `?:` or `&&`, which are branches, behind which nothing is known to be the same for all any more.
int place_or(int place, int spare, int exists) {
    return spare + (place - spare) * exists;
}
