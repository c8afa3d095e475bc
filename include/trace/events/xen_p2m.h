/* SPDX-License-Identifier: GPL-2.0 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM xen_p2m

#if !defined(_TRACE_XEN_P2M_H) || defined(TRACE_HEADER_MULTI_READ)
#define _TRACE_XEN_P2M_H

#include <linux/tracepoint.h>

struct xen_p2m_request;
struct xen_p2m_verdict;

/*
 * Strings are arrays here: __assign_str() takes the source as well up to Linux 6.9,
 * and no longer does from 6.10 on.
 */

/* A claim was decided: of [mem first-last], by name and what. */
TRACE_EVENT(xen_p2m_claim,
	TP_PROTO(const struct xen_p2m_request *req,
		 const struct xen_p2m_verdict *v),
	TP_ARGS(req, v),

	TP_STRUCT__entry(
		__dynamic_array(char, name, strlen(req->name) + 1)
		__dynamic_array(char, what, strlen(req->what) + 1)
		__field(u64, first)
		__field(u64, last)
		__field(int, decision)
		__field(int, reason)
		__field(unsigned long, frames)
		__field(unsigned long, start)
		__field(unsigned long, end)
		__field(bool, news)
	),

	TP_fast_assign(
		memcpy(__get_str(name), req->name, __get_dynamic_array_len(name));
		memcpy(__get_str(what), req->what, __get_dynamic_array_len(what));
		__entry->first = req->first;
		__entry->last = req->last;
		__entry->decision = v->decision;
		__entry->reason = v->reason;
		__entry->frames = v->frames;
		__entry->start = v->start;
		__entry->end = v->end;
		__entry->news = v->news;
	),

	TP_printk("%s %s [mem %#llx-%#llx] %s reason %d frames %lu pfns %#lx-%#lx news %d",
		  __get_str(name), __get_str(what), __entry->first,
		  __entry->last,
		  __print_symbolic(__entry->decision,
				   { 0, "left" }, { 1, "marked" }, { 2, "refused" }),
		  __entry->reason, __entry->frames, __entry->start,
		  __entry->end, __entry->news)
);

/* All claims of a device were released. */
TRACE_EVENT(xen_p2m_release,
	TP_PROTO(const char *device, unsigned long left),
	TP_ARGS(device, left),

	TP_STRUCT__entry(
		__dynamic_array(char, device, strlen(device) + 1)
		__field(unsigned long, left)
	),

	TP_fast_assign(
		memcpy(__get_str(device), device, __get_dynamic_array_len(device));
		__entry->left = left;
	),

	TP_printk("%s, %lu frames are identity for others", __get_str(device),
		  __entry->left)
);

#endif /* _TRACE_XEN_P2M_H */

/* This part must be outside protection */
#include <trace/define_trace.h>
