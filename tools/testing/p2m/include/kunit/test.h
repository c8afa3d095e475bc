/* SPDX-License-Identifier: GPL-2.0 */
/*
 * As much of KUnit as the suites of this project use, for userland
 *
 * Expectations must be made on the thread which runs the case.
 */
#ifndef _STUB_KUNIT_TEST_H
#define _STUB_KUNIT_TEST_H

#include <setjmp.h>

#include <linux/compiler.h>
#include <linux/kernel.h>
#include <linux/string.h>
#include <linux/types.h>

#define KUNIT_PARAM_DESC_SIZE	128

struct kunit_alloc;

struct kunit {
	void *priv;
	const void *param_value;
	bool ready;
	bool failed;
	bool skipped;
	char reason[256];
	struct kunit_alloc *allocs;
	jmp_buf abort;
};

struct kunit_case {
	void (*run_case)(struct kunit *test);
	const char *name;
	const void *(*generate_params)(const void *prev, char *desc);
};

struct kunit_suite {
	const char name[64];
	int (*init)(struct kunit *test);
	void (*exit)(struct kunit *test);
	struct kunit_case *test_cases;
};

#define KUNIT_CASE(fn)			{ .run_case = fn, .name = #fn }
#define KUNIT_CASE_PARAM(fn, gen)	\
	{ .run_case = fn, .name = #fn, .generate_params = gen }

#define KUNIT_ARRAY_PARAM(name, array, get_desc)			\
	static const void *name##_gen_params(const void *prev, char *desc) \
	{								\
		typeof(&(array)[0]) next = prev;			\
									\
		next = next ? next + 1 : (array);			\
		if (next == (array) + ARRAY_SIZE(array))		\
			return NULL;					\
		get_desc(next, desc);					\
									\
		return next;						\
	}

#define kunit_test_suites(...)						\
	struct kunit_suite *kunit_suites[] = { __VA_ARGS__, NULL }
#define kunit_test_suite(suite)		kunit_test_suites(&(suite))

extern struct kunit_suite *kunit_suites[];

void *kunit_kzalloc(struct kunit *test, size_t size, unsigned int gfp);
void __printf(2, 3) kunit_info(struct kunit *test, const char *fmt, ...);
void __printf(2, 3) kunit_mark_skipped(struct kunit *test, const char *fmt, ...);
void __noreturn kunit_abort(struct kunit *test);
void __printf(5, 6) kunit_fail(struct kunit *test, const char *file, int line,
			       const char *what, const char *fmt, ...);
void kunit_fail_values(struct kunit *test, const char *file, int line,
		       const char *what, unsigned long long left,
		       unsigned long long right);

#define kunit_skip(test, fmt, ...)					\
	do {								\
		struct kunit *_test = (test);				\
									\
		kunit_mark_skipped(_test, fmt, ##__VA_ARGS__);		\
		kunit_abort(_test);					\
	} while (0)

#define KUNIT_FAIL(test, fmt, ...)					\
	kunit_fail(test, __FILE__, __LINE__, "failed", fmt, ##__VA_ARGS__)

#define KUNIT_STUB_COND(test, cond, text, abort, fmt, ...)		\
	do {								\
		struct kunit *_test = (test);				\
									\
		if (!(cond)) {						\
			kunit_fail(_test, __FILE__, __LINE__, text,	\
				   fmt, ##__VA_ARGS__);			\
			if (abort)					\
				kunit_abort(_test);			\
		}							\
	} while (0)

#define KUNIT_STUB_CMP(test, left, op, right, abort, fmt, ...)		\
	do {								\
		struct kunit *_test = (test);				\
		typeof(left) _left = (left);				\
		typeof(right) _right = (right);				\
									\
		if (!(_left op _right)) {				\
			kunit_fail_values(_test, __FILE__, __LINE__,	\
					  #left " " #op " " #right,	\
					  (unsigned long long)_left,	\
					  (unsigned long long)_right);	\
			kunit_fail(_test, __FILE__, __LINE__, "", fmt,	\
				   ##__VA_ARGS__);			\
			if (abort)					\
				kunit_abort(_test);			\
		}							\
	} while (0)

#define KUNIT_EXPECT_TRUE(test, c)	KUNIT_STUB_COND(test, c, #c, 0, " ")
#define KUNIT_ASSERT_TRUE(test, c)	KUNIT_STUB_COND(test, c, #c, 1, " ")
#define KUNIT_EXPECT_FALSE(test, c)	KUNIT_STUB_COND(test, !(c), "!" #c, 0, " ")
#define KUNIT_ASSERT_FALSE(test, c)	KUNIT_STUB_COND(test, !(c), "!" #c, 1, " ")
#define KUNIT_ASSERT_NOT_NULL(test, p)	KUNIT_STUB_COND(test, p, #p, 1, " ")
#define KUNIT_EXPECT_EQ(test, l, r)	KUNIT_STUB_CMP(test, l, ==, r, 0, " ")
#define KUNIT_ASSERT_EQ(test, l, r)	KUNIT_STUB_CMP(test, l, ==, r, 1, " ")
#define KUNIT_EXPECT_NE(test, l, r)	KUNIT_STUB_CMP(test, l, !=, r, 0, " ")
#define KUNIT_ASSERT_NE(test, l, r)	KUNIT_STUB_CMP(test, l, !=, r, 1, " ")
#define KUNIT_EXPECT_LE(test, l, r)	KUNIT_STUB_CMP(test, l, <=, r, 0, " ")
#define KUNIT_ASSERT_LE(test, l, r)	KUNIT_STUB_CMP(test, l, <=, r, 1, " ")
#define KUNIT_EXPECT_LT(test, l, r)	KUNIT_STUB_CMP(test, l, <, r, 0, " ")
#define KUNIT_EXPECT_GE(test, l, r)	KUNIT_STUB_CMP(test, l, >=, r, 0, " ")
#define KUNIT_EXPECT_GT(test, l, r)	KUNIT_STUB_CMP(test, l, >, r, 0, " ")
#define KUNIT_ASSERT_GT(test, l, r)	KUNIT_STUB_CMP(test, l, >, r, 1, " ")
#define KUNIT_EXPECT_PTR_EQ(test, l, r)	KUNIT_STUB_COND(test, (l) == (r), #l " == " #r, 0, " ")
#define KUNIT_ASSERT_PTR_EQ(test, l, r)	KUNIT_STUB_COND(test, (l) == (r), #l " == " #r, 1, " ")
#define KUNIT_EXPECT_PTR_NE(test, l, r)	KUNIT_STUB_COND(test, (l) != (r), #l " != " #r, 0, " ")
#define KUNIT_EXPECT_NULL(test, p)	KUNIT_STUB_COND(test, !(p), "!" #p, 0, " ")

#define KUNIT_EXPECT_TRUE_MSG(test, c, fmt, ...)			\
	KUNIT_STUB_COND(test, c, #c, 0, fmt, ##__VA_ARGS__)
#define KUNIT_ASSERT_TRUE_MSG(test, c, fmt, ...)			\
	KUNIT_STUB_COND(test, c, #c, 1, fmt, ##__VA_ARGS__)
#define KUNIT_EXPECT_EQ_MSG(test, l, r, fmt, ...)			\
	KUNIT_STUB_CMP(test, l, ==, r, 0, fmt, ##__VA_ARGS__)
#define KUNIT_ASSERT_EQ_MSG(test, l, r, fmt, ...)			\
	KUNIT_STUB_CMP(test, l, ==, r, 1, fmt, ##__VA_ARGS__)
#define KUNIT_EXPECT_LE_MSG(test, l, r, fmt, ...)			\
	KUNIT_STUB_CMP(test, l, <=, r, 0, fmt, ##__VA_ARGS__)
#define KUNIT_ASSERT_LE_MSG(test, l, r, fmt, ...)			\
	KUNIT_STUB_CMP(test, l, <=, r, 1, fmt, ##__VA_ARGS__)

#endif
